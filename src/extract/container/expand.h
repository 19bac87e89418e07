#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::extract {

/// Expands gzip (all members) up to `bytes_max`. `name` gets the name that the file had, if it says.
/// Errors: kDataCorrupt; kResourceExhausted beyond `bytes_max`.
Result<std::string> expand_gzip(std::string_view bytes, std::int64_t bytes_max, std::string& name);
/// Expands Zstandard frames; errors as `expand_gzip`.
Result<std::string> expand_zstd(std::string_view bytes, std::int64_t bytes_max);

}  // namespace millpond::extract
