#pragma once
// 64-bit hashes of pieces of text that live no longer than a call: short pieces, many of them.

#include <array>
#include <cstddef>
#include <cstdint>

#include "curate/words/byte_runs.h"

namespace millpond::curate {

inline constexpr std::uint64_t kHashOdd = 0x9E3779B97F4A7C15u, kHashLeft = 0xD6E8FEB86659FD93u,
                               kHashRight = 0xA0761D6478BD642Fu;

/// Both halves of the product, one over the other.
inline std::uint64_t multiplied(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Of `size` bytes, of which at least 8 can be read.
inline std::uint64_t hash_readable(const char* at, std::size_t size) {
  std::uint64_t hash = size * kHashOdd;
  if (size < 8) return multiplied(load_bytes(at) << (8 * (7 - size)) << 8 ^ kHashLeft, hash ^ kHashRight);
  for (; size > 16; at += 16, size -= 16) hash = multiplied(load_bytes(at) ^ kHashLeft, load_bytes(at + 8) ^ hash);
  if (size < 8) return multiplied(load_bytes(at + size - 8) ^ kHashRight, hash ^ kHashLeft);
  return multiplied(load_bytes(at) ^ kHashRight, load_bytes(at + size - 8) ^ hash);
}

/// Of bytes after which nothing may be read.
inline std::uint64_t hash_bytes(std::string_view text) {
  if (text.size() >= 8) return hash_readable(text.data(), text.size());
  char bytes[8] = {};
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = text[i];
  return hash_readable(bytes, text.size());
}

inline constexpr std::array<std::array<std::uint64_t, 2>, 17> kTails = [] {
  std::array<std::array<std::uint64_t, 2>, 17> masks{};
  for (std::size_t size = 0; size < masks.size(); ++size) {
    for (std::size_t i = 0; i < size; ++i) masks[size][i / 8] |= 0xFFull << (8 * (i % 8));
  }
  return masks;
}();

/// Goes on by `size` bytes, at most 16, of 16 that can be read. Without branches, since lengths are not to be foreseen.
inline std::uint64_t hash_tail(const char* at, std::size_t size, std::uint64_t hash) {
  const auto& mask = kTails[size];
  return multiplied((load_bytes(at) & mask[0]) ^ kHashOdd, (load_bytes(at + 8) & mask[1]) ^ hash);
}

}  // namespace millpond::curate
