#pragma once
// The JSON of an OpenAI-compatible /v1/chat/completions.

#include <span>
#include <string>
#include <string_view>

#include "millpond/model/answer_schema.h"

namespace millpond::model {

inline constexpr std::size_t kAnswerBytesMax = 16 << 20;

/// With `usage`, a streamed answer is asked to end with the counts of tokens; not every service knows that.
std::string chat_request(const ChatOptions& options, std::span<const ChatMessage> messages, bool stream, bool usage,
                         const AnswerSchema& schema = {});

/// Errors: kDataCorrupt.
Result<ChatReply> parse_chat_reply(std::string_view body);

/// Adds one streamed event to `reply`, its text to `piece`. True when it says that the answer is complete ("[DONE]").
/// Errors: kDataCorrupt, kResourceExhausted; kUnavailable for an error that comes within the stream.
Result<bool> add_chat_event(std::string_view data, ChatReply& reply, std::string& piece);

}  // namespace millpond::model
