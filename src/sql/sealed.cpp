#include "sql/sealed.h"

#include <arrow/array/array_binary.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sql/query_tree.h"
#include "sql/sql_text.h"

namespace millpond::sql {
namespace {

constexpr std::size_t kStatementBytesMax = 1 << 20;

/// Of the table functions those that only make rows of their arguments.
bool is_harmless(const std::string& function) {
  return function == "unnest" || function == "range" || function == "generate_series";
}

/// Scalar functions that tell of the machine or run a text as a query.
bool is_forbidden(const std::string& function) {
  static const std::set<std::string> names = {
      "getenv", "current_setting", "query", "query_table", "json_execute_serialized_sql", "getvariable", "write_log"};
  return names.count(function) > 0 || function.starts_with("millpond_") || function.starts_with("pragma_");
}

Result<nlohmann::json> tree_of(Session::State& state, std::string_view statement, Context& context) {
  MP_ASSIGN(const auto rows, state.query("SELECT json_serialize_sql(" + quoted_text(statement) + ")", context));
  MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
  if (!batch || (*batch)->num_rows() != 1) return internal("DuckDB gives no tree of the query");
  const auto& text = static_cast<const arrow::StringArray&>(*(*batch)->column(0));
  nlohmann::json tree = nlohmann::json::parse(text.GetView(0), nullptr, false);
  if (tree.is_discarded()) return internal("DuckDB's tree of the query is no JSON");
  while (true) {  // to its end, so that the connection is free
    MP_ASSIGN(const std::optional<Batch> more, rows->next(context));
    if (!more) break;
  }
  return tree;
}

bool has_query(const nlohmann::json& node, int depth) {
  constexpr int kDepthMax = 400;
  if (depth > kDepthMax) return true;  // too deep to tell
  if (node.is_object()) {
    const auto kind = node.find("class");
    if (kind != node.end() && *kind == "SUBQUERY") return true;
  }
  if (!node.is_structured()) return false;
  return std::any_of(node.begin(), node.end(), [&](const nlohmann::json& each) { return has_query(each, depth + 1); });
}

}  // namespace

Status check_condition(Session::State& state, std::string_view table, std::string_view condition, Context& context) {
  const std::string statement = "SELECT 1 FROM " + quoted_name(table) + " WHERE (" + std::string(condition) + "\n)";
  MP_ASSIGN(const nlohmann::json tree, tree_of(state, statement, context));
  const auto facts = facts_of(tree, [](const std::string&) { return false; });
  if (!facts.ok()) return invalid("not a condition on a row: ", facts.status().message());
  const nlohmann::json& statements = tree["statements"];
  const nlohmann::json node = statements.size() == 1 ? statements[0].value("node", nlohmann::json()) : nlohmann::json();
  const bool plain = node.is_object() && node.value("type", "") == "SELECT_NODE" && node["modifiers"].empty() &&
                     node["group_expressions"].empty() && node["having"].is_null() && node["qualify"].is_null();
  if (!plain || has_query(node["where_clause"], 0)) {
    return error(Code::kPermissionDenied, "a condition looks at columns of its row only, not: ", condition);
  }
  for (const std::string& function : facts->functions) {
    if (is_forbidden(function)) return error(Code::kPermissionDenied, "not a function for this place: ", function);
  }
  return {};
}

Status check_sealed(Session::State& state, std::string_view statement, Context& context) {
  if (statement.size() > kStatementBytesMax) return exhausted("a statement has at most 1 MB: ", statement.size());
  while (!statement.empty() && (statement.back() == ';' || std::isspace(static_cast<unsigned char>(statement.back()))))
    statement.remove_suffix(1);
  MP_ASSIGN(const nlohmann::json tree, tree_of(state, statement, context));
  auto facts = facts_of(tree, [](const std::string&) { return false; });
  if (!facts.ok()) {
    return invalid("only one SELECT is run here: ", facts.status().message()).hint("Ask for one SELECT at a time.");
  }
  for (const std::string& function : facts->outside) {
    if (!is_harmless(function)) {
      return error(Code::kPermissionDenied, "only tables of the pond are read here, not with: ", function);
    }
  }
  for (const std::string& function : facts->functions) {
    if (is_forbidden(function)) return error(Code::kPermissionDenied, "not a function for this place: ", function);
  }
  for (const std::string& table : facts->tables) {
    const std::string name = table.substr(0, table.find('@'));
    MP_ASSIGN(const bool there, state.pond->has_table(name));
    if (!there) return not_found("no such table: ", name);
    if (state.options.may_read) MP_TRY(state.options.may_read(name));
  }
  return {};
}

}  // namespace millpond::sql
