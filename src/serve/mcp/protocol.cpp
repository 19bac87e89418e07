#include "serve/mcp/protocol.h"

#include <algorithm>

namespace millpond::serve::mcp {
namespace {

constexpr const char* kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr const char* kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
constexpr const char* kServerKey = "io.modelcontextprotocol/serverInfo";
constexpr int kListTtlMs = 300'000;

Json server_info() { return {{"name", "millpond"}, {"title", "millpond"}, {"version", "0.1.0"}}; }

Json capabilities() { return {{"tools", Json::object()}, {"resources", Json::object()}, {"prompts", Json::object()}}; }

constexpr const char* kInstructions =
    "Documents of this pond. `search` finds passages, `ask` answers with citations, `show` shows a citation in its "
    "place, `list` names tables and documents, `sql` queries the tables. Cite what you use.";

/// "=?base64?...?=" stands for what a header cannot hold.
std::string header_text(const std::string& value) {
  constexpr std::string_view kBegin = "=?base64?", kEnd = "?=";
  if (!value.starts_with(kBegin) || !value.ends_with(kEnd)) return value;
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : value.substr(kBegin.size(), value.size() - kBegin.size() - kEnd.size())) {
    const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+'             ? 62
                      : c == '/'             ? 63
                                             : -1;
    if (digit < 0) break;
    bits = bits << 6 | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xFF);
  }
  return out;
}

bool is_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string();
}

}  // namespace

const std::vector<std::string>& versions() {
  static const std::vector<std::string> all = {std::string(kModern), "2025-11-25", "2025-06-18", "2025-03-26"};
  return all;
}

std::optional<RpcError> Protocol::check_modern(const Message& message, const Envelope& envelope) const {
  const auto refuse = [](int code, std::string why, Json data = nullptr) {
    return RpcError{code, std::move(why), std::move(data), 400};
  };
  const Json meta = message.params.value("_meta", Json::object());
  const std::string version = is_text(meta, kVersionKey) ? meta[kVersionKey].get<std::string>() : "";
  if (envelope.http) {
    if (envelope.version.empty()) return refuse(kHeaderMismatch, "the header MCP-Protocol-Version is missing");
    if (!version.empty() && envelope.version != version) {
      return refuse(kHeaderMismatch,
                    "the header MCP-Protocol-Version says " + envelope.version + ", _meta says " + version);
    }
  }
  if (version.empty()) return refuse(kInvalidParams, std::string("_meta needs ") + kVersionKey);
  if (version != kModern) {
    return refuse(kUnsupportedVersion, "this version of the protocol is not spoken: " + version,
                  {{"supported", versions()}, {"requested", version}});
  }
  if (envelope.http) {
    if (envelope.method != message.method) {
      return refuse(kHeaderMismatch,
                    "the header Mcp-Method says '" + envelope.method + "', the message " + message.method);
    }
    const bool named = message.method == "tools/call" || message.method == "prompts/get";
    const char* key = named ? "name" : "uri";
    if (named || message.method == "resources/read") {
      const std::string name = is_text(message.params, key) ? message.params[key].get<std::string>() : "";
      if (!envelope.has_name || header_text(envelope.name) != name) {
        return refuse(kHeaderMismatch, "the header Mcp-Name says '" + envelope.name + "', the message " + name);
      }
    }
  }
  if (!meta.contains(kCapabilitiesKey) || !meta[kCapabilitiesKey].is_object()) {
    return refuse(kInvalidParams, std::string("_meta needs ") + kCapabilitiesKey);
  }
  return std::nullopt;
}

Reply Protocol::handle(std::string_view text, const Envelope& envelope, const Principal& principal, Context& context) {
  const Parsed parsed = parse_message(text);
  const Message& message = parsed.message;
  const auto failed = [&](const RpcError& error) { return Reply{error.http_status, error_text(message.id, error)}; };
  if (parsed.error) return failed(*parsed.error);
  if (!message.id || message.method.empty()) return {202, ""};  // nothing that clients tell changes what is served

  const Json meta = message.params.value("_meta", Json::object());
  const bool names_version = meta.is_object() && meta.contains(kVersionKey);
  const bool known_legacy =
      envelope.version != kModern && std::count(versions().begin(), versions().end(), envelope.version);
  const bool modern = names_version || envelope.version == kModern;
  if (modern) {
    if (auto wrong = check_modern(message, envelope)) return failed(*wrong);
  } else if (envelope.http && !envelope.version.empty() && !known_legacy) {
    return failed({kUnsupportedVersion,
                   "this version of the protocol is not spoken: " + envelope.version,
                   {{"supported", versions()}, {"requested", envelope.version}},
                   400});
  } else if (message.method == "server/discover" && !envelope.http) {
    return failed({kInvalidParams, std::string("_meta needs ") + kVersionKey, nullptr, 400});
  }
  Outcome outcome = answer(message.method, {message.params, principal, context, modern});
  if (outcome.error) {
    if (!modern && outcome.error->code != kMethodNotFound) outcome.error->http_status = 200;
    if (!modern) outcome.error->http_status = 200;
    return failed(*outcome.error);
  }
  if (modern) {
    outcome.result["resultType"] = "complete";
    outcome.result["_meta"] = {{kServerKey, server_info()}};
  }
  return {200, result_text(*message.id, outcome.result)};
}

Protocol::Outcome Protocol::answer(const std::string& method, const Call& call) {
  if (!call.modern && method == "initialize") return initialize(call);
  if (!call.modern && method == "ping") return Json::object();
  if (call.modern && method == "server/discover") return discover();
  if (method == "tools/list") return list_tools(call);
  if (method == "tools/call") return call_tool(call);
  if (method == "resources/list") return list_resources(call);
  if (method == "resources/templates/list") return list_templates(call);
  if (method == "resources/read") return read_resource(call);
  if (method == "prompts/list") return list_prompts(call);
  if (method == "prompts/get") return get_prompt(call);
  return RpcError{kMethodNotFound, "there is no method " + method.substr(0, 100), nullptr, 404};
}

Protocol::Outcome Protocol::initialize(const Call& call) const {
  const std::string wanted =
      is_text(call.params, "protocolVersion") ? call.params["protocolVersion"].get<std::string>() : "";
  const auto& all = versions();
  const bool known = wanted != kModern && std::find(all.begin(), all.end(), wanted) != all.end();
  return Json{{"protocolVersion", known ? wanted : all[1]},
              {"capabilities", capabilities()},
              {"serverInfo", server_info()},
              {"instructions", kInstructions}};
}

Protocol::Outcome Protocol::discover() const {
  return Json{{"supportedVersions", versions()},
              {"capabilities", capabilities()},
              {"instructions", kInstructions},
              {"ttlMs", kListTtlMs},
              {"cacheScope", "public"}};
}

Protocol::Outcome Protocol::list_tools(const Call& call) const {
  Json tools = Json::array();
  for (const Operation& operation : operations_) {
    tools.push_back({{"name", operation.name},
                     {"title", operation.title},
                     {"description", operation.summary},
                     {"inputSchema", operation.input},
                     {"outputSchema", operation.output},
                     {"annotations", {{"readOnlyHint", true}, {"openWorldHint", false}}}});
  }
  Json result = {{"tools", tools}};
  if (call.modern) result.update({{"ttlMs", kListTtlMs}, {"cacheScope", "public"}});
  return result;
}

Protocol::Outcome Protocol::call_tool(const Call& call) {
  const std::string name = is_text(call.params, "name") ? call.params["name"].get<std::string>() : "";
  const auto found =
      std::find_if(operations_.begin(), operations_.end(), [&](const Operation& o) { return o.name == name; });
  if (found == operations_.end())
    return RpcError{kInvalidParams, "there is no tool: " + name.substr(0, 100), nullptr, 200};
  const Turns::Turn turn(library_->turns(), found->name == "search" && library_->only_computes());
  auto done = run(*found, *library_, call.params.value("arguments", Json::object()), call.principal, call.context);
  if (!done.ok()) {
    const Status& status = done.status();
    const std::string text = status.message() + (status.hint().empty() ? "" : "\n" + status.hint());
    return Json{{"content", {{{"type", "text"}, {"text", text}}}}, {"isError", true}};
  }
  return Json{{"content", {{{"type", "text"}, {"text", found->text(*done)}}}},
              {"structuredContent", *done},
              {"isError", false}};
}

}  // namespace millpond::serve::mcp
