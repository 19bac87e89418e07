#pragma once
// Header blocks of WARC records and of the HTTP messages inside: `name: value` lines after a first one.

#include <cstddef>
#include <string_view>

namespace millpond::extract {

/// Bytes up to and with the empty line that ends the header; 0 if it is not there.
std::size_t warc_header_size(std::string_view bytes);
/// The value of the first field of that name (lower case given, case ignored), trimmed; empty if there is none.
std::string_view warc_field(std::string_view header, std::string_view name);

}  // namespace millpond::extract
