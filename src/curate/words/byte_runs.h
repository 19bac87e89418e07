#pragma once
// Eight bytes of text at a time, in a machine word.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millpond::curate {

inline constexpr std::uint64_t kEachByte = 0x0101010101010101u, kEachTop = 0x8080808080808080u;

/// The eight bytes at `at`, the first lowest.
inline std::uint64_t load_bytes(const char* at) {
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  return bytes;
}

/// The top bit of each byte that is in [first, last], both below 0x80.
constexpr std::uint64_t bytes_between(std::uint64_t bytes, std::uint64_t first, std::uint64_t last) {
  const std::uint64_t low = bytes & ~kEachTop;
  return (low + (0x80 - first) * kEachByte) & ~(low + (0x7F - last) * kEachByte) & ~bytes & kEachTop;
}

/// The top bit of each byte that is an ASCII letter.
constexpr std::uint64_t ascii_letters(std::uint64_t bytes) { return bytes_between(bytes | 0x20 * kEachByte, 'a', 'z'); }

/// The end of the run of ASCII letters that begins at `at`.
inline std::size_t letters_end(std::string_view text, std::size_t at) {
  for (; at + 8 <= text.size(); at += 8) {
    const std::uint64_t others = ~ascii_letters(load_bytes(text.data() + at)) & kEachTop;
    if (others != 0) return at + static_cast<std::size_t>(std::countr_zero(others)) / 8;
  }
  while (at < text.size() && static_cast<unsigned char>((text[at] | 32) - 'a') < 26) ++at;
  return at;
}

/// The end of the run of ASCII characters that are no white space or control character.
inline std::size_t visible_end(std::string_view text, std::size_t at) {
  for (; at + 8 <= text.size(); at += 8) {
    const std::uint64_t others = ~bytes_between(load_bytes(text.data() + at), 0x21, 0x7F) & kEachTop;
    if (others != 0) return at + static_cast<std::size_t>(std::countr_zero(others)) / 8;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at] - 0x21) < 0x5F) ++at;
  return at;
}

/// A number that different words of at most seven bytes and the same size never share, and longer ones seldom.
inline std::uint64_t word_key(std::string_view word) {
  const char* at = word.data();
  const std::size_t size = word.size();
  if (size >= 8) return load_bytes(at) ^ std::rotl(load_bytes(at + size - 8) * 0x9E3779B97F4A7C15u, 23);
  if (size >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, at, sizeof first);
    std::memcpy(&last, at + size - 4, sizeof last);
    return std::uint64_t{last} << (8 * (size - 4)) | first;
  }
  if (size == 0) return 0;
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i); };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

/// The same of a part of a text, mostly without branches.
inline std::uint64_t word_key(std::string_view text, std::size_t begin, std::size_t size) {
  if (size >= 8 || text.size() - begin < 8) return word_key(text.substr(begin, size));
  return load_bytes(text.data() + begin) & ~(~0ull << (8 * size));
}

}  // namespace millpond::curate
