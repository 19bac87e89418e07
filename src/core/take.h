#pragma once
// Rows of an array by position.

#include <cstdint>
#include <span>
#include <vector>

#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond {

/// The values at `rows`, in that order; runs of neighbours are copied at once. Repeats are allowed.
/// Own code because Arrow's kernels live in a library of 20 MB that takes 15 ms to load.
Result<std::shared_ptr<arrow::Array>> take(const std::shared_ptr<arrow::Array>& array,
                                           std::span<const std::int64_t> rows);
Result<Batch> take(const Batch& batch, std::span<const std::int64_t> rows);
/// All rows of all batches, in order, as one batch; columns by position.
Result<Batch> concatenate(const std::vector<Batch>& batches);

}  // namespace millpond
