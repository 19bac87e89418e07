#pragma once
// Classes of code points in two steps, and UTF-8 as it comes.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "curate/words/byte_runs.h"
#include "curate/words/english_tables.h"

namespace millpond::curate {

/// Threads: immutable.
class CharClasses {
 public:
  static const CharClasses& get();
  std::uint32_t of(char32_t c) const { return c < 0x80 ? ascii_[c] : blocks_[(index_[c >> 8] << 8) | (c & 0xFF)]; }
  std::uint32_t of_ascii(unsigned char c) const { return ascii_[c]; }

 private:
  CharClasses();
  std::array<std::uint32_t, 128> ascii_{};
  std::array<std::uint16_t, 0x1100> index_{};
  std::vector<std::uint32_t> blocks_;
};

/// The code point at `at`, which moves past it. A malformed sequence is U+FFFD, one byte long.
inline char32_t decode(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return text[at++];
  const std::size_t left = text.size() - at;
  const auto further = [&](std::size_t i) { return (byte(at + i) & 0xC0) == 0x80; };
  if (lead >= 0xC2 && lead < 0xE0 && left > 1 && further(1)) {
    const char32_t c = (lead & 0x1Fu) << 6 | (byte(at + 1) & 0x3Fu);
    at += 2;
    return c;
  }
  if ((lead & 0xF0) == 0xE0 && left > 2 && further(1) && further(2)) {
    const char32_t c = (lead & 0x0Fu) << 12 | (byte(at + 1) & 0x3Fu) << 6 | (byte(at + 2) & 0x3Fu);
    at += 3;
    return c;
  }
  if (lead >= 0xF0 && lead < 0xF5 && left > 3 && further(1) && further(2) && further(3)) {
    const char32_t c =
        (lead & 0x07u) << 18 | (byte(at + 1) & 0x3Fu) << 12 | (byte(at + 2) & 0x3Fu) << 6 | (byte(at + 3) & 0x3Fu);
    at += 4;
    return c < 0x110000 ? c : 0xFFFD;
  }
  ++at;
  return 0xFFFD;
}

/// Code points of `text`.
inline std::uint32_t count_chars(std::string_view text) {
  std::size_t further = 0, at = 0;  // bytes 10xxxxxx
  for (; at + 8 <= text.size(); at += 8) {
    const std::uint64_t bytes = load_bytes(text.data() + at);
    if ((bytes & kEachTop) == 0) continue;
    further += (((bytes >> 7) & ~(bytes >> 6) & kEachByte) * kEachByte) >> 56;
  }
  for (; at < text.size(); ++at) further += (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  return static_cast<std::uint32_t>(text.size() - further);
}

}  // namespace millpond::curate
