#pragma once
// Rows of stored columns, as bytes: one kind byte and a value for each column.

#include <span>
#include <string>
#include <string_view>

#include "millpond/index/segment.h"

namespace millpond::index {

void encode_value(const StoredValue& value, std::string& out);
void encode_text(std::string_view text, std::string& out);  ///< as a StoredValue that is a string
/// Compresses a block of rows (LZ4: a search unpacks a block for each hit that it shows, so speed counts more than
/// size).
Status pack_stored(std::string_view raw, std::string& packed);
/// Fills `raw`, whose size is known; false if `packed` is not a block of that size.
bool unpack_stored(std::string_view packed, std::span<char> raw);

/// Errors: kDataCorrupt.
Result<StoredRow> decode_row(std::string_view bytes, std::size_t columns);

}  // namespace millpond::index
