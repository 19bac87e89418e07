#pragma once
// Reads the `elements` column without copying its texts.

#include <vector>

#include "millpond/chunk/chunker.h"
#include "millpond/type_fwd.h"

namespace millpond::chunk {

/// Replaces `out` with the elements of one row; the texts stay in the array. Fields are found by name.
/// Errors: kDataCorrupt if the column is not a list of structs with `kind` and `text`; other fields may be missing.
Status read_elements(const arrow::Array& column, std::int64_t row, std::vector<Element>& out);

}  // namespace millpond::chunk
