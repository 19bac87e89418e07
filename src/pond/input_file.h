#pragma once
// Random access to a file of the pond, for Parquet.

#include <arrow/io/interfaces.h>

#include <cstdint>
#include <memory>
#include <string>

#include "millpond/status.h"

namespace millpond::pond {

/// A local file, or an object that is read by ranges: opening one makes no request, the first look at its end makes
/// one. Threads: any may read at once.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_input(const std::string& path);
/// The same; what is read of an object of this size is kept in `folder` (see BlockCache).
Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_kept_input(const std::string& path, std::int64_t size_bytes,
                                                                     const std::string& folder);

}  // namespace millpond::pond
