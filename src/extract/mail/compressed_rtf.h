#pragma once
// RTF as Outlook packs it.

#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::extract {

/// Expands the RTF of a message. Errors: kDataCorrupt (unknown form, cut off), kResourceExhausted (more than
/// `bytes_max`).
/// Source: [MS-OXRTFCP] 2.1 to 2.2
Result<std::string> expand_compressed_rtf(std::string_view bytes, std::size_t bytes_max);

}  // namespace millpond::extract
