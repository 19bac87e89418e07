#pragma once
// Errors of reading Parquet become ours.

#include "core/arrow_status.h"

namespace millpond::pond {

/// As `from_arrow`, but Parquet reports bytes that are not what they should be as failures to read: those carry no
/// number of the operating system's, and are kDataCorrupt here.
inline Status from_parquet(const arrow::Status& status) {
  if (status.IsIOError() && status.detail() == nullptr) return Status(Code::kDataCorrupt, status.message());
  return from_arrow(status);
}

}  // namespace millpond::pond
