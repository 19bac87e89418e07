#pragma once
// Arrow values as JSON text.

#include <string>

#include "millpond/type_fwd.h"

namespace millpond::sink {

/// Appends one value. Binary values are hexadecimal, timestamps ISO 8601 in UTC, numbers that are none (NaN) null; maps
/// are objects; bytes that are no UTF-8 become U+FFFD, so that the text is always valid JSON. Throws nothing; a type
/// without a JSON form is null.
void append_json(const arrow::Array& array, std::int64_t row, std::string& out);
void append_json_text(std::string_view text, std::string& out);

}  // namespace millpond::sink
