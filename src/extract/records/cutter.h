#pragma once
// Files of many records, cut where one record ends and the next begins; what is in a record is read later.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "extract/records/byte_reader.h"
#include "millpond/stream.h"

namespace millpond::extract {

/// One record as it lies in its file, or why it is not to be had.
struct Cut {
  std::string_view record;  ///< valid until the next cut
  std::int64_t number = 0;  ///< lines of JSONL count all lines; others count records; from 1
  Status error;
};

/// Threads: one.
class Cutter {
 public:
  virtual ~Cutter() = default;
  /// None at the end. Errors: the rest of the file cannot be cut (it is truncated).
  virtual Result<std::optional<Cut>> next() = 0;
  /// The memory of the record that `next` returned, which then stays where it is for as long as its owner keeps it.
  /// None: it is the cutter's own.
  virtual ByteBlock take_memory() { return {}; }
};

/// Lines, blank ones left out. Records above `record_bytes_max` are passed over, and say so.
std::unique_ptr<Cutter> cut_lines(ByteWindow window, std::int64_t record_bytes_max);

/// Rows of comma-separated values; line breaks within quotes belong to the row. The first one is the header.
std::unique_ptr<Cutter> cut_csv(ByteWindow window, std::int64_t record_bytes_max);

/// WARC 1.x records (also WET and WAT): header and block.
std::unique_ptr<Cutter> cut_warc(ByteWindow window, std::int64_t record_bytes_max);

/// Batches of about 1 MiB, and records above 8 MiB alone and without a copy, under the columns of an expander; `format`
/// and `header` go into their schema's metadata.
std::unique_ptr<Stream> stream_of_cuts(std::unique_ptr<Cutter> cutter, const std::string& format,
                                       const std::string& header = {});

/// The rows of a Parquet file, as structs.
/// Errors: kDataCorrupt, kInvalidArgument if it has no column `text` (the message names those that it has).
Result<std::unique_ptr<Stream>> open_parquet_records(const std::string& path, const std::string& text);

}  // namespace millpond::extract
