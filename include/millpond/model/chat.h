#pragma once
// Text written by a model behind an OpenAI-compatible service.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::model {

struct ChatMessage {
  std::string role;  ///< "system", "user" or "assistant"
  std::string content;
};

struct ChatOptions {
  std::string url;      ///< such as http://localhost:8080/v1
  std::string model;    ///< as the service names it
  std::string key_env;  ///< name of the environment variable that holds the key; empty: no key
  double temperature = 0;
  int tokens_max = 1024;    ///< of the answer
  int timeout_ms = 60'000;  ///< of one attempt; of a streamed one, of any silence
  int attempts_max = 4;
};

/// Tokens as the service counted them; -1 where it did not say.
struct ChatUsage {
  std::int64_t prompt_tokens = -1, completion_tokens = -1;
};

struct ChatReply {
  std::string text;
  std::string finish_reason;  ///< "stop"; "length" if `tokens_max` cut it; empty if the service did not say
  ChatUsage usage;
};

/// Takes a piece of the answer, whole code points; an error ends the exchange.
using OnText = std::function<Status(std::string_view)>;

/// Threads: any number may call `complete`; each call has a connection of its own.
class ChatModel {
 public:
  virtual ~ChatModel() = default;

  /// Asks for an answer; with `on_text` it is streamed, and returned whole all the same.
  /// Errors: those of `post_with_retries`; kDataCorrupt (not the protocol, a stream that breaks off),
  ///         kResourceExhausted (an answer beyond 16 MB). What was streamed before an error has been delivered.
  virtual Result<ChatReply> complete(std::span<const ChatMessage> messages, Context& context,
                                     const OnText& on_text = {}) = 0;
};

/// Errors: kInvalidArgument (URL, options), kUnauthenticated (the key's variable is not set). Sends nothing.
Result<std::unique_ptr<ChatModel>> open_chat(const ChatOptions& options);

}  // namespace millpond::model
