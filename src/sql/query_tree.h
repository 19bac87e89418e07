#pragma once
// What a query says, from the tree that DuckDB parses it into.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "millpond/status.h"

namespace millpond::sql {

struct QueryFacts {
  std::vector<std::string> tables;   ///< names after FROM that are no common table expression, each once
  std::set<std::string> functions;   ///< in lower case, operators left out
  std::vector<std::string> outside;  ///< table functions, such as read_csv
  std::string why_whole;             ///< "it aggregates"; empty: rows are made one by one
  std::string only_table;            ///< by which name the query knows its only table, if row-wise
  bool ordered = false;              ///< has an ORDER BY at its top
};

/// `is_aggregate` says so of a function's name. `tree` is what json_serialize_sql gives.
/// Errors: kInvalidArgument with DuckDB's message, if the tree is of a text that is no SELECT.
Result<QueryFacts> facts_of(const nlohmann::json& tree, const std::function<bool(const std::string&)>& is_aggregate);

/// The tree with one more column at the front: `"table"."_row" AS "_parent_"`.
void add_parent_column(nlohmann::json& tree, const std::string& table);

}  // namespace millpond::sql
