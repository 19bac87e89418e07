#include <nlohmann/json.hpp>

#include "millpond/pond/filter.h"

namespace millpond::pond {
namespace {

using nlohmann::json;
constexpr int kDepthMax = 64;

Status constant(const json& value, Filter& out) {
  if (value.is_boolean())
    out.values.emplace_back(value.get<bool>());
  else if (value.is_number_integer())
    out.values.emplace_back(value.get<std::int64_t>());
  else if (value.is_number())
    out.values.emplace_back(value.get<double>());
  else if (value.is_string())
    out.values.emplace_back(value.get<std::string>());
  else
    return invalid("not a constant of an expression: ", value.dump());
  return {};
}

Result<Filter> from(const json& node, bool negate, int depth) {
  using Kind = Filter::Kind;
  if (depth > kDepthMax) return invalid("the expression is nested too deeply");
  if (node.is_boolean()) return Filter{.kind = node.get<bool>() != negate ? Kind::kTrue : Kind::kFalse};
  if (!node.is_object() || !node.contains("type") || !node["type"].is_string()) {
    return invalid("not an expression: ", node.dump());
  }
  const std::string type = node["type"].get<std::string>();
  const auto child = [&](const char* key, bool no) -> Result<Filter> {
    if (!node.contains(key)) return invalid("the expression lacks ", key, ": ", type);
    return from(node[key], no, depth + 1);
  };
  if (type == "true" || type == "false") return Filter{.kind = (type == "true") != negate ? Kind::kTrue : Kind::kFalse};
  if (type == "not") return child("child", !negate);
  if (type == "and" || type == "or") {
    MP_ASSIGN(Filter left, child("left", negate));
    MP_ASSIGN(Filter right, child("right", negate));
    return (type == "and") != negate ? all_of({std::move(left), std::move(right)})
                                     : any_of({std::move(left), std::move(right)});
  }
  static const std::pair<std::string_view, Compare> kNames[] = {{"eq", Compare::kEqual},
                                                                {"not-eq", Compare::kNotEqual},
                                                                {"lt", Compare::kLess},
                                                                {"lt-eq", Compare::kLessEqual},
                                                                {"gt", Compare::kGreater},
                                                                {"gt-eq", Compare::kGreaterEqual},
                                                                {"in", Compare::kIn},
                                                                {"not-in", Compare::kNotIn},
                                                                {"is-null", Compare::kIsNull},
                                                                {"not-null", Compare::kNotNull},
                                                                {"starts-with", Compare::kStartsWith},
                                                                {"not-starts-with", Compare::kNotStartsWith}};
  for (const auto& [name, compare] : kNames) {
    if (type != name) continue;
    if (!node.contains("term") || !node["term"].is_string()) return Filter{};  // a transform of a column
    Filter out{.kind = Kind::kCompare, .column = node["term"].get<std::string>(), .compare = compare};
    if (compare == Compare::kIn || compare == Compare::kNotIn) {
      if (!node.contains("values") || !node["values"].is_array()) return invalid("the expression lacks values: ", type);
      for (const json& value : node["values"]) MP_TRY(constant(value, out));
    } else if (compare != Compare::kIsNull && compare != Compare::kNotNull) {
      if (!node.contains("value")) return invalid("the expression lacks a value: ", type);
      MP_TRY(constant(node["value"], out));
    }
    return negate ? negated(out) : out;
  }
  if (type == "is-nan" || type == "not-nan") return Filter{};
  return invalid("not a type of expression: ", type);
}

}  // namespace

Result<Filter> parse_filter_json(std::string_view text) {
  const json node = json::parse(text, nullptr, false);
  if (node.is_discarded()) return invalid("the expression is no JSON: ", text.substr(0, 200));
  return from(node, false, 0);
}

}  // namespace millpond::pond
