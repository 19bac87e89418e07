// Messages of JSON-RPC: whatever comes, it is a message, or an error that says so; arguments are checked by their
// schema.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/mcp/message.h"

using namespace millpond::serve;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const mcp::Parsed parsed = mcp::parse_message(text);
  if (parsed.error) {
    const std::string answer = mcp::error_text(parsed.message.id, *parsed.error);
    if (!Json::accept(answer)) std::abort();
    return 0;
  }
  if (parsed.message.id && parsed.message.id->is_null()) std::abort();
  if (!parsed.message.params.is_object()) std::abort();
  const Json schema = {{"type", "object"},
                       {"properties",
                        {{"query", {{"type", "string"}, {"maxLength", 16}}},
                         {"limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", 9}, {"default", 5}}},
                         {"by", {{"type", "string"}, {"enum", {"words", "vector"}}}},
                         {"list", {{"type", "array"}, {"items", {{"type", "number"}}}}}}},
                       {"required", {"query"}},
                       {"additionalProperties", false}};
  Json arguments = parsed.message.params;
  if (check_schema(schema, arguments, "test").ok()) {
    if (!arguments["query"].is_string() || arguments["query"].get_ref<const std::string&>().size() > 16) std::abort();
    const int limit = arguments["limit"];
    if (limit < 1 || limit > 9) std::abort();
  }
  (void)dump(parsed.message.params);
  return 0;
}
