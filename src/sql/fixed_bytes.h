#pragma once
// Bytes of a fixed width, which DuckDB does not have: they come from it as BLOB.

#include <memory>

#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::sql {

/// The same values under `type`. Errors: kInvalidArgument for a value of another width.
Result<std::shared_ptr<arrow::Array>> to_fixed_bytes(const arrow::Array& column,
                                                     const std::shared_ptr<arrow::DataType>& type);

}  // namespace millpond::sql
