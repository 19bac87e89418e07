#pragma once
// Statements that change a table of the pond, cut into their parts.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::sql {

/// `WHEN ... THEN action` of MERGE.
struct MergeClause {
  std::string when;    ///< from WHEN up to THEN, as written
  std::string action;  ///< what stands behind THEN
  bool by_source = false;
};

/// A statement over one table of the pond.
struct Change {
  enum class Kind : unsigned char { kInsert, kCreate, kDelete, kDrop, kUpdate, kMerge } kind = Kind::kInsert;
  std::string with;  ///< "WITH name AS (...)" before the statement
  std::string table;
  std::string alias;                 ///< by which the statement knows it: its name, if it gives none
  std::vector<std::string> columns;  ///< of INSERT; empty: all, in order
  bool by_name = false, replace = false, if_not_exists = false, if_exists = false;
  std::string query;     ///< the SELECT, or the condition of DELETE and UPDATE (empty: every row)
  std::string settings;  ///< of UPDATE: what stands behind SET
  std::string source;    ///< other tables: behind FROM of UPDATE, USING of DELETE and MERGE
  std::string on;        ///< of MERGE: "ON condition" or "USING (columns)"
  std::vector<MergeClause> clauses;
  bool returning = false;
};

/// None: not for us. DuckDB's own tables (temporary ones, those of attached databases) keep their statements, and so do
/// texts that are no statements, which DuckDB words an error for.
std::optional<Change> parse_change(std::string_view statement);

/// By which name the columns of what stands behind FROM are known: its alias, or its own name. Empty: none.
std::string name_of_source(std::string_view source);

}  // namespace millpond::sql
