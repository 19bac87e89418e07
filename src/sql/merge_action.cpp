#include "sql/merge_action.h"

#include "sql/sql_text.h"

namespace millpond::sql {
namespace {

Status check_count(const Schema& schema, const std::vector<std::string>& source_columns) {
  if (schema.size() == source_columns.size()) return {};
  return invalid("the source has another number of columns than the table (", schema.size(),
                 "): ", source_columns.size())
      .hint("Name the columns, or match them BY NAME.");
}

std::string list_of(const Schema& schema) {
  std::string names;
  for (const Field& field : schema) names += (names.empty() ? "" : ", ") + quoted_name(field.name);
  return names;
}

std::string list_of(const std::vector<std::string>& columns) {
  std::string names;
  for (const std::string& column : columns) names += (names.empty() ? "" : ", ") + quoted_name(column);
  return names;
}

}  // namespace

Result<std::string> explicit_action(const std::string& action, const Schema& schema, const std::string& source,
                                    const std::vector<std::string>& source_columns, const std::string& mark) {
  const std::vector<Token> words = tokens_of(action);
  const auto is = [&](std::size_t at, std::string_view word) { return at < words.size() && words[at].is(word); };
  const auto from = [&](std::size_t at) { return at < words.size() ? action.substr(words[at].at) : std::string(); };
  const bool by_name = is(1, "by") && is(2, "name");
  const bool by_position = words.size() == 1 || is(1, "*") || (is(1, "by") && is(2, "position"));
  if (is(0, "insert")) {
    if (by_position) {
      MP_TRY(check_count(schema, source_columns));
      return "INSERT (" + list_of(schema) + ") VALUES (" + list_of(source_columns) + ")";
    }
    if (is(1, "values")) return "INSERT (" + list_of(schema) + ") " + from(1);
    return action;
  }
  if (!is(0, "update")) return action;
  std::string settings = quoted_name(mark) + " = true";
  if (is(1, "set") && !is(2, "*")) return "UPDATE SET " + settings + ", " + from(2);
  if (!by_name) MP_TRY(check_count(schema, source_columns));
  for (std::size_t i = 0; i < source_columns.size(); ++i) {
    settings += ", " + quoted_name(by_name ? source_columns[i] : schema[i].name) + " = " + quoted_name(source) + "." +
                quoted_name(source_columns[i]);
  }
  return "UPDATE SET " + settings;
}

}  // namespace millpond::sql
