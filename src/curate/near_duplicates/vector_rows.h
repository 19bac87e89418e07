#pragma once
// The vectors of rows.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <cstdint>
#include <span>
#include <string>

#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::curate {

/// Calls `take(row, values)` for each row that has a vector; returns the first error.
/// Errors: kInvalidArgument if there is no such column of list<float32>.
template <class Take>
Status each_vector(const Batch& rows, const std::string& name, Take&& take) {
  const auto column = rows->GetColumnByName(name);
  const auto* lists = dynamic_cast<const arrow::ListArray*>(column.get());
  const auto* values = lists ? dynamic_cast<const arrow::FloatArray*>(lists->values().get()) : nullptr;
  if (!values) return invalid("no such column of vectors: ", name).hint("The step `embed` makes `embedding`.");
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    if (lists->IsNull(row) || lists->value_length(row) == 0) continue;
    MP_TRY(take(row, std::span<const float>(values->raw_values() + lists->value_offset(row),
                                            static_cast<std::size_t>(lists->value_length(row)))));
  }
  return {};
}

}  // namespace millpond::curate
