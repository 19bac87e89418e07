#include "serve/openai/filters.h"

#include <algorithm>

namespace millpond::serve::openai {
namespace {

constexpr int kDepthMax = 16;

bool same_kind(const Json& a, const Json& b) {
  return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string()) || (a.is_boolean() && b.is_boolean());
}

bool is_value(const Json& value) { return value.is_number() || value.is_string() || value.is_boolean(); }

bool compare(const std::string& type, const Json& have, const Json& wanted) {
  if (type == "in" || type == "nin") {
    const bool there = std::any_of(wanted.begin(), wanted.end(),
                                   [&](const Json& each) { return same_kind(have, each) && have == each; });
    return there == (type == "in");
  }
  if (!same_kind(have, wanted)) return type == "ne";
  if (type == "eq") return have == wanted;
  if (type == "ne") return have != wanted;
  if (type == "gt") return have > wanted;
  if (type == "gte") return have >= wanted;
  if (type == "lt") return have < wanted;
  return have <= wanted;
}

}  // namespace

Status check_filter(const Json& filter, int depth) {
  if (depth > kDepthMax) return exhausted("a filter is nested more than ", kDepthMax, " deep");
  if (!filter.is_object() || !filter.contains("type") || !filter["type"].is_string()) {
    return invalid("a filter has a type, not: ", dump(filter).substr(0, 80));
  }
  const std::string type = filter["type"];
  if (type == "and" || type == "or") {
    if (!filter.contains("filters") || !filter["filters"].is_array())
      return invalid("the filter ", type, " needs filters");
    for (const Json& each : filter["filters"]) MP_TRY(check_filter(each, depth + 1));
    return {};
  }
  static constexpr const char* kTypes[] = {"eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"};
  if (std::none_of(std::begin(kTypes), std::end(kTypes), [&](const char* each) { return type == each; })) {
    return invalid("a filter's type is eq, ne, gt, gte, lt, lte, in, nin, and, or: ", type);
  }
  if (!filter.contains("key") || !filter["key"].is_string()) return invalid("the filter ", type, " needs a key");
  const Json value = filter.value("value", Json());
  const bool list = type == "in" || type == "nin";
  if (list ? !value.is_array() : !is_value(value)) {
    return invalid("the filter ", type, " needs ", list ? "a list of values" : "a text, number or boolean",
                   " as value");
  }
  return {};
}

bool matches(const Json& filter, const Json& attributes) {
  const std::string type = filter["type"];
  const auto holds = [&](const Json& each) { return matches(each, attributes); };
  if (type == "and") return std::all_of(filter["filters"].begin(), filter["filters"].end(), holds);
  if (type == "or") return std::any_of(filter["filters"].begin(), filter["filters"].end(), holds);
  const auto found = attributes.find(filter["key"].get<std::string>());
  if (found == attributes.end()) return type == "ne" || type == "nin";
  return compare(type, *found, filter["value"]);
}

}  // namespace millpond::serve::openai
