#pragma once
// Rows of every type made from a number, and rows as canonical JSON that other engines' rows can be compared with.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>

#include "millpond/schema.h"
#include "millpond/type_fwd.h"

namespace millpond::pond {

/// Row `id` of any schema with a first column `id: int64`: values follow from `id`, with nulls, empty and odd values.
Batch made_rows(const Schema& schema, std::int64_t first, std::int64_t count);

/// {"id":1,"text":null,...}: binary as hex, times as microseconds, dates as days, maps as lists of pairs,
/// floats that JSON lacks as text.
std::string row_json(const arrow::RecordBatch& batch, std::int64_t row);

}  // namespace millpond::pond
