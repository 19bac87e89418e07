#pragma once
// Files of other origins as tables of a pond.

#include <cstdint>
#include <memory>
#include <string>

#include "millpond/context.h"
#include "millpond/pond/pond.h"

namespace millpond::sql {

struct ImportOptions {
  std::string format;    ///< parquet, csv, jsonl, delta, iceberg; empty: by the names of the files
  bool append = false;   ///< to a table that is there
  bool replace = false;  ///< the rows of a table that is there
  bool copy = false;     ///< Parquet, Iceberg: write the rows anew even where the files could be taken as they are
};

struct ImportReport {
  std::int64_t rows = 0;
  std::int64_t files_linked = 0;  ///< Parquet files that the table took as they are, by a link or a copy
  std::string why_rewritten;      ///< of Parquet: what in the files no table has
  std::string iceberg;            ///< the metadata file of the Iceberg table that was taken over; empty: it was none
  std::int64_t files_named = 0;   ///< of it: files that stay where they are
  std::int64_t snapshots = 0;     ///< of it: its history
  int format_version = 0;         ///< of it
};

/// Makes a table of files: CSV and JSON lines (also .gz and .zst), Parquet, a Delta table's folder, or an Iceberg
/// table's folder or metadata file (see `pond::adopt_table`).
///
/// Parquet files are taken as they are where each column has a type of the pond's: a hard link, or a copy where the
/// pond is on another file system. So the originals may be removed; but they must not be changed in place.
/// Everything is committed at once.
/// Errors:  kNotFound; kAlreadyExists without `append` or `replace`; kUnsupported for Delta features that change which
///          rows there are (deletion vectors, column mapping); kInvalidArgument with the file and line of a bad row.
Result<ImportReport> import_files(std::shared_ptr<pond::Pond> pond, const std::string& path, const std::string& table,
                                  const ImportOptions& options, Context& context);

}  // namespace millpond::sql
