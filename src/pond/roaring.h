#pragma once
// Sets of row positions in the portable form of 64-bit Roaring bitmaps.
//
// Source: RoaringFormatSpec, "Extension for 64-bit implementations"; keys are the high 32 bits.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::pond {

/// Positions must be ascending and distinct.
std::string serialise_roaring(const std::vector<std::int64_t>& positions);

/// Ascending and distinct. Reads arrays, bitmaps and runs. Errors: kDataCorrupt; kResourceExhausted above `limit`
/// values.
Result<std::vector<std::int64_t>> parse_roaring(std::string_view bytes, std::int64_t limit = std::int64_t{1} << 31);

}  // namespace millpond::pond
