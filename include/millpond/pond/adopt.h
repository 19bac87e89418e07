#pragma once
// Iceberg tables of other writers as tables of the pond, without a rewrite.

#include <cstdint>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/pond/pond.h"

namespace millpond::pond {

struct AdoptOptions {
  bool copy = false;  ///< write the current rows anew, so that nothing refers to the other table's files
};

struct AdoptReport {
  std::string metadata;         ///< the file that was read
  int format_version = 0;       ///< of that table; version 1 becomes 2 in the pond
  std::int64_t rows = 0;        ///< live ones
  std::int64_t files = 0;       ///< of the current snapshot, delete files included
  std::int64_t size_bytes = 0;  ///< of those
  std::int64_t snapshots = 0;   ///< that came with it
};

/// Whether this names an Iceberg table: a `.metadata.json` file, or a folder with such files in `metadata/`.
bool is_iceberg_table(const std::string& path);

/// Makes a table of the pond whose history begins with another table's: schemas, partitions, snapshots, branches, tags
/// and properties are taken over, and its files are named where they are. From then on the two go separate ways. The
/// other table is not changed, and its files stay its own: nothing here removes or changes them (`gc.enabled` is set to
/// false, so that other engines do not either), and they must be kept as long as the pond's table names them.
///
/// `path`: a folder (`version-hint.text` says which version is the newest; else the highest number does), a metadata
/// file, or either in `s3://`.
/// Errors:  kNotFound; kAlreadyExists; kDataCorrupt; kUnsupported for a column type that the pond lacks, for files that
///          are no Parquet, and on a branch; kNotFound with the name of a file that the table says it has.
Result<AdoptReport> adopt_table(Pond& pond, std::string_view name, const std::string& path, const AdoptOptions& options,
                                Context& context);

}  // namespace millpond::pond
