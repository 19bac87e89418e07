#include "serve/openai/filters.h"

#include <algorithm>
#include <map>
#include <optional>

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

namespace {

using pond::Compare;

/// The constant as the column can take it; none if it is of another type.
std::optional<pond::FilterValue> value_of(const Json& value, const Type& type) {
  switch (type.kind) {
    case Type::Kind::kBool:
      if (value.is_boolean()) return pond::FilterValue(value.get<bool>());
      break;
    case Type::Kind::kInt32:
    case Type::Kind::kInt64:
    case Type::Kind::kFloat32:
    case Type::Kind::kFloat64:
      if (value.is_number_integer()) return pond::FilterValue(value.get<std::int64_t>());
      if (value.is_number()) return pond::FilterValue(value.get<double>());
      break;
    case Type::Kind::kUtf8:
    case Type::Kind::kTimestamp:
    case Type::Kind::kDate:
      if (value.is_string()) return pond::FilterValue(value.get<std::string>());
      break;
    default: break;
  }
  return std::nullopt;
}

}  // namespace

pond::Filter row_filter(const Json& filter, const Schema& columns) {
  const std::string type = filter["type"];
  if (type == "and" || type == "or") {
    std::vector<pond::Filter> parts;
    for (const Json& each : filter["filters"]) parts.push_back(row_filter(each, columns));
    return type == "and" ? pond::all_of(std::move(parts)) : pond::any_of(std::move(parts));
  }
  const bool unlike = type == "ne" || type == "nin";
  const pond::Filter missing{.kind = unlike ? pond::Filter::Kind::kTrue : pond::Filter::Kind::kFalse};
  const Field* field = find_field(columns, filter["key"].get<std::string>());
  if (field == nullptr) return missing;
  pond::Filter out{.kind = pond::Filter::Kind::kCompare, .column = field->name};
  const Json& given = filter["value"];
  for (const Json& each : given.is_array() ? given : Json::array({given})) {
    if (auto value = value_of(each, field->type)) out.values.push_back(*std::move(value));
  }
  if (out.values.empty()) return missing;
  static const std::map<std::string, Compare> kCompares = {
      {"eq", Compare::kEqual}, {"ne", Compare::kNotEqual},   {"gt", Compare::kGreater}, {"gte", Compare::kGreaterEqual},
      {"lt", Compare::kLess},  {"lte", Compare::kLessEqual}, {"in", Compare::kIn},      {"nin", Compare::kNotIn}};
  out.compare = kCompares.at(type);
  if (!unlike) return out;
  pond::Filter null{.kind = pond::Filter::Kind::kCompare, .column = field->name, .compare = Compare::kIsNull};
  return pond::any_of({std::move(null), std::move(out)});
}

}  // namespace millpond::serve::openai
