#include "serve/mcp/message.h"

namespace millpond::serve::mcp {

Parsed parse_message(std::string_view text) {
  Parsed out;
  const auto fail = [&](int code, std::string why) {
    out.error = RpcError{code, std::move(why), nullptr, 400};
    return std::move(out);
  };
  auto parsed = parse_json(text);
  if (!parsed.ok()) return fail(kParseError, parsed.status().message());
  const Json& json = *parsed;
  if (json.is_array()) return fail(kInvalidRequest, "batches of messages are not taken: send one at a time");
  if (!json.is_object()) return fail(kInvalidRequest, "a message is an object");
  if (const auto id = json.find("id"); id != json.end()) {
    if (!id->is_string() && !id->is_number_integer()) return fail(kInvalidRequest, "id must be a text or an integer");
    out.message.id = *id;
  }
  if (json.value("jsonrpc", Json()) != Json("2.0")) return fail(kInvalidRequest, "jsonrpc must be \"2.0\"");
  const auto method = json.find("method");
  if (method == json.end()) {
    if (json.contains("result") || json.contains("error")) return out;
    return fail(kInvalidRequest, "a request has a method");
  }
  if (!method->is_string() || method->get_ref<const std::string&>().empty()) {
    return fail(kInvalidRequest, "method must be a text");
  }
  out.message.method = *method;
  if (const auto params = json.find("params"); params != json.end() && !params->is_null()) {
    if (!params->is_object()) return fail(kInvalidParams, "params must be an object");
    out.message.params = *params;
  }
  return out;
}

std::string result_text(const Json& id, const Json& result) {
  return dump({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
}

std::string error_text(const std::optional<Json>& id, const RpcError& error) {
  Json out = {{"jsonrpc", "2.0"}};
  if (id) out["id"] = *id;
  out["error"] = {{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) out["error"]["data"] = error.data;
  return dump(out);
}

}  // namespace millpond::serve::mcp
