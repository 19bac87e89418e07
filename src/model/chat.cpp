#include "millpond/model/chat.h"

#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

#include "millpond/model/http.h"
#include "model/chat_protocol.h"
#include "model/event_stream.h"

namespace millpond::model {
namespace {

constexpr std::size_t kEventBytesMax = 1 << 20;
constexpr std::int64_t kStreamBytesMax = 256 << 20;  // a few hundred bytes of frame around each token

class HttpChat final : public ChatModel {
 public:
  HttpChat(ChatOptions options, AnswerSchema schema, std::string url, std::string key)
      : options_(std::move(options)), schema_(std::move(schema)), url_(std::move(url)), key_(std::move(key)) {}

  Result<ChatReply> complete(std::span<const ChatMessage> messages, Context& context, const OnText& on_text) override {
    HttpClient client;
    if (!on_text) {
      MP_ASSIGN(const HttpResponse response,
                post(client, chat_request(options_, messages, false, false, schema_), context, {}));
      auto reply = parse_chat_reply(response.body);
      if (!reply.ok()) return std::move(reply).status().at(url_);
      return reply;
    }
    const bool usage = usage_;
    auto reply = stream(client, chat_request(options_, messages, true, usage, schema_), context, on_text);
    // A service that does not know `stream_options` refuses before it answers anything.
    if (!usage || reply.ok() || reply.status().code() != Code::kInvalidArgument || answered_) return reply;
    usage_ = false;
    return stream(client, chat_request(options_, messages, true, false, schema_), context, on_text);
  }

 private:
  Result<HttpResponse> post(HttpClient& client, std::string body, Context& context, const OnData& on_data) {
    HttpRequest request{.url = url_, .body = std::move(body), .key = key_, .timeout_ms = options_.timeout_ms};
    request.accept = on_data ? "text/event-stream" : "application/json";
    request.response_bytes_max = kStreamBytesMax;
    RateLimit none(0);
    return post_with_retries(client, request, {.attempts_max = options_.attempts_max}, none, context, on_data);
  }

  Result<ChatReply> stream(HttpClient& client, std::string body, Context& context, const OnText& on_text) {
    ChatReply reply;
    EventStream events(kEventBytesMax);
    bool complete = false;
    std::string piece;
    const auto on_event = [&](std::string_view data) -> Status {
      if (complete) return {};
      answered_ = true;
      auto done = add_chat_event(data, reply, piece);
      if (!done.ok()) return std::move(done).status().at(url_);
      complete = *done;
      return piece.empty() ? Status() : on_text(piece);
    };
    MP_TRY(
        post(client, std::move(body), context, [&](std::string_view bytes) { return events.feed(bytes, on_event); }));
    MP_TRY(events.finish(on_event));
    // Some services close without [DONE]; without a reason to finish either, the answer was cut off on the way.
    if (!complete && reply.finish_reason.empty()) return corrupt(url_, ": the streamed answer broke off");
    return reply;
  }

  const ChatOptions options_;
  const AnswerSchema schema_;
  const std::string url_, key_;
  std::atomic<bool> usage_{true}, answered_{false};
};

}  // namespace

Result<std::unique_ptr<ChatModel>> open_chat(const ChatOptions& options) { return open_chat(options, AnswerSchema()); }

Result<std::unique_ptr<ChatModel>> open_chat(const ChatOptions& options, AnswerSchema schema) {
  if (options.model.empty()) return invalid("the service needs the name of a model");
  if (options.tokens_max < 1) return invalid("tokens_max must be positive: ", options.tokens_max);
  if (options.timeout_ms < 1) return invalid("timeout_ms must be positive: ", options.timeout_ms);
  if (!schema.json_schema.empty() && !nlohmann::json::accept(schema.json_schema)) {
    return invalid("the schema of the answer is no JSON: ", schema.json_schema.substr(0, 80));
  }
  MP_ASSIGN(std::string url, service_url(options.url, "chat/completions"));
  MP_ASSIGN(std::string key, key_from_environment(options.key_env));
  return std::unique_ptr<ChatModel>(
      std::make_unique<HttpChat>(options, std::move(schema), std::move(url), std::move(key)));
}

}  // namespace millpond::model
