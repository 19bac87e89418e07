#pragma once
// Perceptual hashes: of pictures that look alike, most bits are equal.

#include <array>
#include <cstdint>

namespace millpond::extract {

/// A bit for each of 8 × 8 pixels: lighter than the one to its left? Source: `dhash` of ImageHash, most significant bit
/// first.
std::uint64_t dhash(const std::array<std::uint8_t, 9 * 8>& gray);

/// A bit for each of the 8 × 8 lowest frequencies of the cosine transform: above the median? Source: `phash` of
/// ImageHash; bits of values that are equal to the median but for rounding may be others.
std::uint64_t phash(const std::array<std::uint8_t, 32 * 32>& gray);

}  // namespace millpond::extract
