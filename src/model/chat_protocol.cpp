#include "model/chat_protocol.h"

#include <nlohmann/json.hpp>

namespace millpond::model {
namespace {

using nlohmann::json;

/// The member of that name, or null.
const json& member(const json& object, const char* name) {
  static const json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

const json& first_choice(const json& answer) {
  static const json null;
  const json& choices = member(answer, "choices");
  return choices.is_array() && !choices.empty() ? choices.front() : null;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

void take_usage(const json& answer, ChatUsage& usage) {
  const json& counts = member(answer, "usage");
  const auto take = [&](const char* name, std::int64_t& count) {
    const json& value = member(counts, name);
    if (value.is_number_integer()) count = value.get<std::int64_t>();
  };
  take("prompt_tokens", usage.prompt_tokens);
  take("completion_tokens", usage.completion_tokens);
}

}  // namespace

std::string chat_request(const ChatOptions& options, std::span<const ChatMessage> messages, bool stream, bool usage,
                         const AnswerSchema& schema) {
  json body{{"model", options.model},
            {"temperature", options.temperature},
            {"max_tokens", options.tokens_max},
            {"messages", json::array()}};
  for (const ChatMessage& message : messages) {
    body["messages"].push_back({{"role", message.role}, {"content", message.content}});
  }
  if (!schema.json_schema.empty()) {
    const json shape = json::parse(schema.json_schema, nullptr, /*allow_exceptions=*/false);
    body["response_format"] = {{"type", "json_schema"},
                               {"json_schema", {{"name", schema.name}, {"strict", true}, {"schema", shape}}}};
  }
  if (stream) body["stream"] = true;
  if (stream && usage) body["stream_options"] = {{"include_usage", true}};
  // Text that is not UTF-8 is sent with replacement characters rather than refused.
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<ChatReply> parse_chat_reply(std::string_view body) {
  const json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  const json& choice = first_choice(answer);
  const json& message = member(choice, "message");
  if (!message.is_object()) return corrupt("answer has no choices[0].message");
  ChatReply reply;
  reply.text = text_of(member(message, "content"));
  reply.finish_reason = text_of(member(choice, "finish_reason"));
  take_usage(answer, reply.usage);
  return reply;
}

Result<bool> add_chat_event(std::string_view data, ChatReply& reply, std::string& piece) {
  piece.clear();
  if (data == "[DONE]") return true;
  const json event = json::parse(data, nullptr, /*allow_exceptions=*/false);
  if (!event.is_object()) return corrupt("streamed event is not a JSON object");
  if (const json& failure = member(event, "error"); !failure.is_null()) {
    const std::string reason = failure.is_object() ? text_of(member(failure, "message")) : text_of(failure);
    return unavailable("the service broke off its answer: ", reason.substr(0, 300));
  }
  const json& choice = first_choice(event);  // none in the event that carries the usage
  piece = text_of(member(member(choice, "delta"), "content"));
  if (reply.text.size() + piece.size() > kAnswerBytesMax) {
    return exhausted("answer is larger than ", kAnswerBytesMax, " bytes");
  }
  reply.text += piece;
  if (const json& reason = member(choice, "finish_reason"); reason.is_string()) reply.finish_reason = text_of(reason);
  take_usage(event, reply.usage);
  return false;
}

}  // namespace millpond::model
