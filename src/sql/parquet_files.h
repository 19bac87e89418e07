#pragma once
// Parquet files of other writers, taken into a table as they are.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "millpond/pond/pond.h"
#include "millpond/schema.h"

namespace millpond::sql {

/// A file whose every column has a type of the pond's.
struct ForeignParquet {
  std::string path;
  std::int64_t rows = 0, size_bytes = 0;
};
struct ForeignParquets {
  std::vector<ForeignParquet> files;
  Schema schema;               ///< the plain one: see `plain_columns`
  arrow::FieldVector columns;  ///< the same, as Arrow has them
  std::string why_not;         ///< why they cannot be taken as they are; empty: they can
};
/// Reads the footers. Errors: kDataCorrupt for a file that is no Parquet.
Result<ForeignParquets> look_at_parquet(const std::vector<std::string>& paths);

/// Links (or copies) the files into the table's folder and commits them. The table reads them by the names of columns.
/// Errors: kInvalidArgument if the table's columns are others.
Result<pond::Table> take_parquet(pond::Table table, const ForeignParquets& found, bool replace, Context& context);

/// Whether a data file was taken as it was, so that its columns are known by name and not by id.
bool is_foreign_file(std::string_view path);

}  // namespace millpond::sql
