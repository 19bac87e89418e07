#pragma once
// Eight bytes of text at a time, in one register.

#include <cstdint>
#include <cstring>

namespace millpond::extract {

inline constexpr std::uint64_t kEachByte = 0x0101010101010101u;
inline constexpr std::uint64_t kHighBits = 0x80 * kEachByte;

inline std::uint64_t load8(const void* from) {
  std::uint64_t word;
  std::memcpy(&word, from, 8);
  return word;
}

/// True when all eight bytes are printable ASCII (0x20 … 0x7E).
inline bool all_printable(std::uint64_t word) {
  // Without high bits no byte carries into the next: adding 1 finds 0x7F, adding 0x60 what is 0x20 or more.
  return ((word | (word + kEachByte)) & kHighBits) == 0 && ((word + 0x60 * kEachByte) & kHighBits) == kHighBits;
}

/// A high bit for each space. For printable words.
inline std::uint64_t spaces_of(std::uint64_t word) {
  return ~((word ^ (0x20 * kEachByte)) + 0x7F * kEachByte) & kHighBits;
}

}  // namespace millpond::extract
