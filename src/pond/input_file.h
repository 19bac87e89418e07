#pragma once
// Random access to a file of the pond, for Parquet.

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>

#include "millpond/status.h"

namespace millpond::pond {

/// A local file, or an object that is read by ranges: opening one makes no request, the first look at its end makes
/// one. Threads: any may read at once.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> open_input(const std::string& path);

}  // namespace millpond::pond
