#pragma once
// Where words begin and end in mostly ASCII text, 64 bytes at a time.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "index/byte_classes.h"

namespace millpond::index {

inline bool ascii_digit(unsigned char c) { return c >= '0' && c <= '9'; }
inline bool ascii_letter(unsigned char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }

/// Words of ASCII are letters and digits, apostrophes between letters and points between digits; other characters are
/// for the caller to judge.
class WordEdges {
 public:
  WordEdges(std::string_view text, ByteClasses (*classes)(const char*)) : text_(text), classes_(classes) { load(0); }

  /// The first byte from `at` that belongs to a word or is not ASCII; the size of the text if there is none.
  std::size_t next(std::size_t at) {
    return scan(at, [this] { return word_ | wide_; });
  }
  /// Behind the ASCII word of which `at` is a byte.
  std::size_t end(std::size_t at) {
    return scan(at, [this] { return ~word_; });
  }

 private:
  template <class Bits>
  std::size_t scan(std::size_t at, Bits bits) {
    while (at < text_.size()) {
      if (at / 64 != block_) load(at / 64);
      const std::uint64_t left = bits() >> (at % 64);
      if (left != 0) return std::min(at + static_cast<std::size_t>(std::countr_zero(left)), text_.size());
      at = (at / 64 + 1) * 64;
    }
    return text_.size();
  }

  void load(std::size_t block) {
    block_ = block;
    const std::size_t from = block * 64, left = text_.size() - std::min(from, text_.size());
    char padded[64] = {};
    if (left < 64) std::memcpy(padded, text_.data() + from, left);
    const ByteClasses here = classes_(left < 64 ? padded : text_.data() + from);
    const unsigned char before = from > 0 ? text_[from - 1] : 0, after = left > 64 ? text_[from + 64] : 0;
    const auto joined = [](std::uint64_t signs, std::uint64_t beside, bool first, bool last) {
      return signs & (beside << 1 | (first ? 1 : 0)) & (beside >> 1 | std::uint64_t{last} << 63);
    };
    word_ = here.letters | here.digits |
            joined(here.apostrophes, here.letters, ascii_letter(before), ascii_letter(after)) |
            joined(here.points, here.digits, ascii_digit(before), ascii_digit(after));
    wide_ = here.wide;
  }

  const std::string_view text_;
  ByteClasses (*const classes_)(const char*);
  std::size_t block_ = 0;
  std::uint64_t word_ = 0, wide_ = 0;
};

}  // namespace millpond::index
