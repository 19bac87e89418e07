#pragma once
// Reads single rows of a Parquet file by its page index: only the pages that hold them.
//
// Source: Parquet format, "Page Index" (offset index); data pages begin at rows.

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "millpond/status.h"

namespace parquet {
class FileMetaData;
class OffsetIndex;
}  // namespace parquet

namespace millpond::pond {

struct PondState;

/// A data file that is open, and its footer.
struct OpenParquet {
  const std::string& path;
  std::shared_ptr<arrow::io::RandomAccessFile> file;
  std::shared_ptr<parquet::FileMetaData> footer;
};

/// Where the pages of one column chunk begin; null if the writer left no index.
Result<std::shared_ptr<const parquet::OffsetIndex>> page_offsets(PondState& pond, const OpenParquet& in, int row_group,
                                                                 int column);

/// The values of one leaf column at `offsets` (ascending, from the beginning of the row group), in that order, as
/// `type` or as Arrow's own type of the column. Null if the file has no index of this column. Errors: kDataCorrupt with
/// the path; Parquet's exceptions pass through.
Result<std::shared_ptr<arrow::ChunkedArray>> rows_of_column(PondState& pond, const OpenParquet& in, int row_group,
                                                            int column, std::span<const std::int64_t> offsets,
                                                            const std::shared_ptr<arrow::DataType>& type);

}  // namespace millpond::pond
