#pragma once
// Arrow's errors become ours at its edge.

#include <arrow/result.h>
#include <arrow/status.h>

#include "millpond/status.h"

namespace millpond {

inline Status from_arrow(const arrow::Status& status) {
  if (status.ok()) return {};
  Code code = Code::kInternal;
  if (status.IsOutOfMemory() || status.IsCapacityError()) code = Code::kResourceExhausted;
  if (status.IsIOError()) code = Code::kIoError;
  if (status.IsInvalid() || status.IsSerializationError()) code = Code::kDataCorrupt;
  if (status.IsNotImplemented()) code = Code::kUnsupported;
  if (status.IsCancelled()) code = Code::kCancelled;
  return Status(code, status.message());
}

template <class T>
Result<T> from_arrow(arrow::Result<T>&& result) {
  if (!result.ok()) return from_arrow(result.status());
  return std::move(result).MoveValueUnsafe();
}

}  // namespace millpond
