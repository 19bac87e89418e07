#include "sql/query_tree.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace millpond::sql {
namespace {

using nlohmann::json;
constexpr int kDepthMax = 500;

std::string text_of(const json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool any(const json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && !found->is_null() && !(found->is_array() && found->empty());
}

class Walker {
 public:
  Walker(QueryFacts& facts, const std::function<bool(const std::string&)>& is_aggregate)
      : facts_(facts), is_aggregate_(is_aggregate) {}

  Status walk(const json& node, const std::set<std::string>& hidden, int depth) {
    if (depth > kDepthMax) return invalid("the query is nested too deeply");
    if (node.is_array()) {
      for (const json& each : node) MP_TRY(walk(each, hidden, depth + 1));
      return {};
    }
    if (!node.is_object()) return {};
    const std::string type = text_of(node, "type");
    if (type == "BASE_TABLE") note_table(node, hidden);
    if (type == "TABLE_FUNCTION")
      facts_.outside.push_back(text_of(node.value("function", json::object()), "function_name"));
    if (type == "FUNCTION" || type == "WINDOW_AGGREGATE") note_function(node);
    if (text_of(node, "class") == "WINDOW") because("it has a window over rows");
    if (text_of(node, "class") == "SUBQUERY" || type == "SUBQUERY") because("it has a query inside");
    std::set<std::string> inner = hidden;
    if (const auto ctes = node.find("cte_map"); ctes != node.end() && ctes->is_object()) {
      for (const json& cte : ctes->value("map", json::array())) {
        because("it has a WITH");
        MP_TRY(walk(cte, inner, depth + 1));
        inner.insert(lower(text_of(cte, "key")));
      }
    }
    for (const auto& [key, value] : node.items()) {
      if (key != "cte_map") MP_TRY(walk(value, inner, depth + 1));
    }
    return {};
  }

  void because(std::string_view why) {
    if (facts_.why_whole.empty()) facts_.why_whole = why;
  }

 private:
  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }
  void note_table(const json& node, const std::set<std::string>& hidden) {
    std::string name = text_of(node, "table_name");
    const std::string schema = text_of(node, "schema_name");
    // A name with a schema is never that of a common table expression.
    if (schema.empty() && text_of(node, "catalog_name").empty() && hidden.count(lower(name))) return;
    if (!schema.empty() && schema != "main") name.insert(0, schema + ".");
    if (std::find(facts_.tables.begin(), facts_.tables.end(), name) == facts_.tables.end())
      facts_.tables.push_back(name);
  }
  void note_function(const json& node) {
    const std::string name = lower(text_of(node, "function_name"));
    if (!node.value("is_operator", false)) facts_.functions.insert(name);
    if (is_aggregate_(name)) because("it aggregates");
  }

  QueryFacts& facts_;
  const std::function<bool(const std::string&)>& is_aggregate_;
};

}  // namespace

Result<QueryFacts> facts_of(const json& tree, const std::function<bool(const std::string&)>& is_aggregate) {
  if (tree.value("error", true)) return invalid(tree.value("error_message", "only SELECT makes a table"));
  const json statements = tree.value("statements", json::array());
  if (statements.size() != 1) return invalid("a table is made by one SELECT, not by statements: ", statements.size());
  const json& node = statements[0].at("node");
  QueryFacts facts;
  Walker walker(facts, is_aggregate);
  const std::string type = text_of(node, "type");
  if (type == "SET_OPERATION_NODE") walker.because("it is a union, or a difference, of queries");
  if (type != "SELECT_NODE" && facts.why_whole.empty()) walker.because("it is no plain SELECT");
  for (const json& modifier : node.value("modifiers", json::array())) {
    const std::string kind = text_of(modifier, "type");
    if (kind == "ORDER_MODIFIER") facts.ordered = true;
    walker.because(kind == "ORDER_MODIFIER"      ? "it orders rows"
                   : kind == "DISTINCT_MODIFIER" ? "it makes rows distinct"
                                                 : "it limits rows");
  }
  if (any(node, "group_expressions") || any(node, "group_sets") || any(node, "having"))
    walker.because("it groups rows");
  if (any(node, "qualify") || any(node, "sample")) walker.because("it chooses among rows");
  const json from = node.value("from_table", json::object());
  const std::string from_type = text_of(from, "type");
  if (from_type == "JOIN") walker.because("it joins tables");
  if (from_type != "BASE_TABLE") walker.because("it is not from one table");
  if (any(from, "sample")) walker.because("it takes a sample");
  MP_TRY(walker.walk(node, {}, 0));
  facts.only_table = text_of(from, "alias").empty() ? text_of(from, "table_name") : text_of(from, "alias");
  return facts;
}

void add_parent_column(json& tree, const std::string& table) {
  json& columns = tree["statements"][0]["node"]["select_list"];
  columns.insert(columns.begin(), json{{"class", "COLUMN_REF"},
                                       {"type", "COLUMN_REF"},
                                       {"alias", "_parent_"},
                                       {"query_location", 0},
                                       {"column_names", json::array({table, "_row"})}});
}

}  // namespace millpond::sql
