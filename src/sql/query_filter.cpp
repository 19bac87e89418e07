#include "sql/query_filter.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

namespace millpond::sql {
namespace {

using nlohmann::json;
using pond::Compare;
using pond::Filter;
using pond::FilterValue;
constexpr int kDepthMax = 100;

std::string text_of(const json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int tables_in(const json& node, int depth) {
  if (depth > 4 * kDepthMax) return 2;  // too deep to tell
  int count = node.is_object() && text_of(node, "type") == "BASE_TABLE" ? 1 : 0;
  if (node.is_structured()) {
    for (const json& each : node) count += tables_in(each, depth + 1);
  }
  return count;
}

class Reader {
 public:
  Reader(std::string table, std::string alias) : table_(std::move(table)), alias_(std::move(alias)) {}

  /// Never true of fewer rows than the expression; none: nothing is known of it, so nothing of its opposite either.
  std::optional<Filter> read(const json& node, int depth) const {
    if (depth > kDepthMax || !node.is_object()) return std::nullopt;
    const std::string type = text_of(node, "type");
    if (type == "CONJUNCTION_AND" || type == "CONJUNCTION_OR")
      return conjunction(node, type == "CONJUNCTION_AND", depth);
    if (type == "COMPARE_BETWEEN") {
      auto low = comparison(Compare::kGreaterEqual, node["input"], node["lower"]);
      auto high = comparison(Compare::kLessEqual, node["input"], node["upper"]);
      if (!low || !high) return std::nullopt;
      return pond::all_of({*std::move(low), *std::move(high)});
    }
    if (type == "COMPARE_IN") return among(node);
    if (type == "OPERATOR_IS_NULL") return null_test(node, Compare::kIsNull);
    if (type == "OPERATOR_IS_NOT_NULL") return null_test(node, Compare::kNotNull);
    if (type == "FUNCTION" && text_of(node, "function_name") == "~~") return like(node);
    static const std::array<std::tuple<std::string_view, Compare, Compare>, 5> kNames = {
        {{"COMPARE_EQUAL", Compare::kEqual, Compare::kEqual},
         {"COMPARE_LESSTHAN", Compare::kLess, Compare::kGreater},
         {"COMPARE_GREATERTHAN", Compare::kGreater, Compare::kLess},
         {"COMPARE_LESSTHANOREQUALTO", Compare::kLessEqual, Compare::kGreaterEqual},
         {"COMPARE_GREATERTHANOREQUALTO", Compare::kGreaterEqual, Compare::kLessEqual}}};
    for (const auto& [name, forward, backward] : kNames) {
      if (type != name) continue;
      if (auto filter = comparison(forward, node["left"], node["right"])) return filter;
      return comparison(backward, node["right"], node["left"]);
    }
    return std::nullopt;
  }

 private:
  std::optional<Filter> conjunction(const json& node, bool all, int depth) const {
    std::vector<Filter> parts;
    for (const json& child : node.value("children", json::array())) {
      auto part = read(child, depth + 1);
      if (!part && !all) return std::nullopt;
      if (part) parts.push_back(*std::move(part));
    }
    return all ? pond::all_of(std::move(parts)) : pond::any_of(std::move(parts));
  }

  std::optional<std::string> column(const json& node) const {
    if (text_of(node, "type") != "COLUMN_REF") return std::nullopt;
    const json names = node.value("column_names", json::array());
    for (const json& name : names) {
      if (!name.is_string()) return std::nullopt;
    }
    if (names.size() == 1) return names[0].get<std::string>();
    const bool qualified = names.size() == 2 && (names[0] == table_ || names[0] == alias_);
    return qualified ? std::optional(names[1].get<std::string>()) : std::nullopt;
  }

  static std::optional<FilterValue> constant(const json& node) {
    if (text_of(node, "type") == "OPERATOR_CAST") {
      static const std::set<std::string> kTimes = {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"};
      if (!kTimes.contains(text_of(node.value("cast_type", json::object()), "id"))) return std::nullopt;
      auto inner = constant(node.value("child", json()));
      return inner && std::holds_alternative<std::string>(*inner) ? inner : std::nullopt;
    }
    if (text_of(node, "type") != "VALUE_CONSTANT") return std::nullopt;
    const json holder = node.value("value", json::object());
    if (!holder.is_object() || holder.value("is_null", true)) return std::nullopt;
    const json type = holder.value("type", json::object()), value = holder.value("value", json());
    static const std::set<std::string> kWhole = {"TINYINT",  "SMALLINT",  "INTEGER", "BIGINT",
                                                 "UTINYINT", "USMALLINT", "UINTEGER"};
    const std::string id = text_of(type, "id");
    if (id == "VARCHAR" && value.is_string()) return value.get<std::string>();
    if (id == "BOOLEAN" && value.is_boolean()) return value.get<bool>();
    if (kWhole.contains(id) && value.is_number_integer()) return value.get<std::int64_t>();
    if ((id == "DOUBLE" || id == "FLOAT") && value.is_number()) return value.get<double>();
    if (id == "DECIMAL" && value.is_number_integer()) {
      const json info = type.value("type_info", json::object());
      const int scale = info.is_object() ? info.value("scale", -1) : -1;
      if (scale < 0 || scale > 15) return std::nullopt;
      return static_cast<double>(value.get<std::int64_t>()) / std::pow(10.0, scale);
    }
    return std::nullopt;
  }

  std::optional<Filter> comparison(Compare compare, const json& left, const json& right) const {
    auto name = column(left);
    auto value = constant(right);
    if (!name || !value) return std::nullopt;
    return Filter{.kind = Filter::Kind::kCompare, .column = *std::move(name), .compare = compare, .values = {*value}};
  }

  std::optional<Filter> among(const json& node) const {
    const json children = node.value("children", json::array());
    auto name = children.empty() ? std::nullopt : column(children[0]);
    if (!name) return std::nullopt;
    Filter out{.kind = Filter::Kind::kCompare, .column = *std::move(name), .compare = Compare::kIn};
    for (std::size_t i = 1; i < children.size(); ++i) {
      auto value = constant(children[i]);
      if (!value) return std::nullopt;
      out.values.push_back(*std::move(value));
    }
    return out;
  }

  std::optional<Filter> null_test(const json& node, Compare compare) const {
    const json children = node.value("children", json::array());
    auto name = children.size() == 1 ? column(children[0]) : std::nullopt;
    if (!name) return std::nullopt;
    return Filter{.kind = Filter::Kind::kCompare, .column = *std::move(name), .compare = compare};
  }

  std::optional<Filter> like(const json& node) const {
    const json children = node.value("children", json::array());
    if (children.size() != 2) return std::nullopt;
    auto filter = comparison(Compare::kStartsWith, children[0], children[1]);
    if (!filter) return std::nullopt;
    auto* pattern = std::get_if<std::string>(&filter->values[0]);
    if (pattern == nullptr || pattern->find_first_of("%_\\") + 1 != pattern->size() || !pattern->ends_with('%')) {
      return std::nullopt;
    }
    pattern->pop_back();
    return filter;
  }

  std::string table_, alias_;
};

}  // namespace

std::optional<TableFilter> filter_of(const json& tree) {
  if (!tree.is_object() || tree.value("error", true)) return std::nullopt;
  const json statements = tree.value("statements", json::array());
  if (statements.size() != 1 || !statements[0].contains("node") || tables_in(tree, 0) != 1) return std::nullopt;
  const json& node = statements[0]["node"];
  const json from = node.value("from_table", json::object()), where = node.value("where_clause", json());
  if (text_of(node, "type") != "SELECT_NODE" || text_of(from, "type") != "BASE_TABLE" || !where.is_object()) {
    return std::nullopt;
  }
  const std::string table = text_of(from, "table_name");
  auto filter = Reader(table, text_of(from, "alias")).read(where, 0);
  if (!filter || filter->always_true()) return std::nullopt;
  return TableFilter{table, *std::move(filter)};
}

}  // namespace millpond::sql
