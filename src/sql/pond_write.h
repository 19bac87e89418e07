#pragma once
// Statements over rows that are there already.

#include <arrow/type_fwd.h>

#include <map>
#include <string>

#include "millpond/pond/table.h"
#include "sql/change.h"
#include "sql/session_state.h"

namespace millpond::sql {

/// DELETE. One commit, on top of the version that the condition was looked at in.
Result<Outcome> delete_rows(Session::State& state, const Change& change, Context& context);

/// UPDATE and MERGE. The rows that they concern go through a temporary table, on which DuckDB runs the statement; what
/// it did there becomes one commit. Rows keep their row ids in tables of version 3.
/// Errors: kInvalidArgument if more than one row of the source matches a row of the table.
Result<Outcome> change_rows(Session::State& state, const Change& change, Context& context);

/// The live rows of a table that may fulfil the statement's condition, with the columns `file_index` (of `parts`) and
/// `file_row_number`.
struct Placed {
  std::vector<pond::FilePart> parts;
  std::string scan;
};
Result<Placed> rows_with_places(Session::State& state, const pond::Table& table, const Change& change,
                                Context& context);

/// "WHERE ..." that holds for the rows which a DELETE or UPDATE is about; empty: all rows.
std::string concerned_rows(const Change& change);

/// The first columns of a batch, which DuckDB gave in the table's order, under the table's names and types.
Result<Batch> under_names_of(const arrow::Schema& wanted, const arrow::RecordBatch& rows);

/// The property under which `Pond::create_table` learns of decimals and times of day; none where there are none.
std::map<std::string, std::string> exact_columns(const arrow::FieldVector& columns);

std::string counted(std::int64_t rows);  ///< "1 row", "2 rows"

}  // namespace millpond::sql
