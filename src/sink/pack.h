#pragma once
// Texts of many lengths into blocks of one length, with as little left over as can be.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millpond::sink {

/// Puts pieces, none longer than `length`, into blocks: the longest first, each into the fullest block that still has
/// room (best-fit decreasing). What each block holds, by the pieces' places: in the order of the pieces, and the
/// blocks by their first piece. So equal input gives equal blocks.
///
/// Cost: n log n for n pieces.
std::vector<std::vector<std::size_t>> pack_best_fit(const std::vector<std::int32_t>& lengths, std::int32_t length);

}  // namespace millpond::sink
