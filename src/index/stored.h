#pragma once
// Rows of stored columns, as bytes: one kind byte and a value for each column.

#include <string>
#include <string_view>

#include "millpond/index/segment.h"

namespace millpond::index {

void encode_value(const StoredValue& value, std::string& out);
void encode_text(std::string_view text, std::string& out);  ///< as a StoredValue that is a string
/// Errors: kDataCorrupt.
Result<StoredRow> decode_row(std::string_view bytes, std::size_t columns);

}  // namespace millpond::index
