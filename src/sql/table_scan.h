#pragma once
// Rows of a table, as a query that DuckDB runs over its Parquet files.

#include <span>
#include <string>
#include <vector>

#include "millpond/pond/table.h"
#include "pond/iceberg_schema.h"
#include "sql/live_rows.h"

namespace millpond::sql {

/// DuckDB's name of a column type: "STRUCT(\"page\" INTEGER)[]". Timestamps are TIMESTAMPTZ, fixed bytes BLOB.
std::string duckdb_type(const Type& type);
/// The same of a table's own type: a decimal or a time of day is one in DuckDB, too.
std::string duckdb_type(const pond::IcebergType& type);

/// A SELECT of these rows of the table's files, under the table's current schema: columns by field id, so that files
/// written before a change of the schema read as they should; rows that are deleted are left out.
/// Masks of files that are not read whole go into `live`, which must know them until the query is over.
/// Files in an object store are read by ranges; row groups that `filter`, if there is one, says nothing is in are left
/// out. Order: in a folder, files without deletes first.
Result<std::string> select_from_files(const pond::Table& table, std::span<const pond::FilePart> parts, LiveRows& live,
                                      const pond::Filter* filter = nullptr);

/// The same with the columns `file_index` (of the part) and `file_row_number`, for those who delete rows.
Result<std::string> select_with_positions(const pond::Table& table, std::span<const pond::FilePart> parts,
                                          LiveRows& live, const pond::Filter* filter = nullptr);

}  // namespace millpond::sql
