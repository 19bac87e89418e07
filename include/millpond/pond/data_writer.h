#pragma once
// Rows into Parquet files that a commit can then take up.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millpond/pond/data_file.h"
#include "millpond/pond/table.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::pond {

struct DataWriterOptions {
  std::int64_t target_file_bytes = std::int64_t{128} << 20;
  std::int64_t row_group_bytes = std::int64_t{8} << 20;  ///< before compression; what a read of one row decodes
  int zstd_level = 1;
  bool bounds = true;  ///< statistics and bounds of columns
  /// Texts and bytes are long: no dictionary and no bounds of them, each of which would keep copies.
  bool long_values = false;
  /// Batches may carry `_row_id` and `_last_updated_sequence_number` (both int64), which are kept: a row that is
  /// changed or moved stays the same row. Null: a new row; changed by this commit. For tables of version 3.
  bool lineage = false;
};

/// Writes rows in the order given, rolling to the next file by size. Rows are not part of the table until an `Update`
/// commits the files. Files of a writer that fails, or is dropped before `close`, are removed.
///
/// In a partitioned table each partition gets files of its own.
///
/// Shape:   batches carry the table's columns by name, in any order; an optional column may be left out (then it has
/// its
///          default value, or null).
/// Errors:  kInvalidArgument for a missing required column, a null in one, or a wrong type.
/// Threads: one writer a thread.
class DataWriter {
 public:
  explicit DataWriter(const Table& table, DataWriterOptions options = {});
  ~DataWriter();
  DataWriter(DataWriter&&) noexcept;
  DataWriter& operator=(DataWriter&&) noexcept;

  Status write(const Batch& batch);
  /// Empty if no row was written.
  Result<std::vector<DataFile>> close();
  std::int64_t rows() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace millpond::pond
