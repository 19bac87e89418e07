#pragma once
// Reads rows of data files, one row group at a time.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "millpond/pond/table.h"
#include "pond/state.h"

namespace millpond::pond {
class BoundFilter;
}
namespace parquet::arrow {
class FileReader;
}

namespace millpond::pond {

/// What to read; shared by the threads of one read.
struct ReadPlan {
  std::shared_ptr<PondState> pond;
  TableStatePtr table;  ///< null where partitions do not matter
  std::vector<FilePart> parts;
  std::vector<IcebergField> columns;
  ArrowSchema schema;  ///< of the batches
  bool with_positions = false, with_lineage = false;
  std::int64_t batch_rows_max = 0;
  std::shared_ptr<const BoundFilter> filter;  ///< row groups without such rows are left out; null: none are
  std::vector<IcebergField> filter_columns;   ///< among which the filter finds its own in files without ids
  std::string block_folder;                   ///< where parts of objects are kept; empty: nowhere
};

/// For rows of these files. Errors: as `Table::read`.
Result<std::shared_ptr<ReadPlan>> read_plan(const Table& table, std::span<const FilePart> parts,
                                            const ReadOptions& options);

/// One row group of one part. `first_row` is its position in the file.
struct ReadUnit {
  std::size_t part = 0;
  int row_group = 0;
  std::int64_t first_row = 0, rows = 0;
};

/// The row groups that hold rows to read, in order. Errors: kDataCorrupt if a file is not what its manifest says.
Result<std::vector<ReadUnit>> units_of(const ReadPlan& plan, std::size_t part);
/// Reads one unit; batches may be none. Threads: any.
Result<std::vector<Batch>> read_unit(const ReadPlan& plan, const ReadUnit& unit);

/// Reads units in order with worker threads ahead of the consumer.
std::unique_ptr<Stream> read_stream(std::shared_ptr<const ReadPlan> plan, int threads);

}  // namespace millpond::pond
