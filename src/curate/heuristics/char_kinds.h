#pragma once
// What the heuristic filters of NeMo Curator and Data-Juicer ask of a character.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace millpond::curate {

enum CharKind : std::uint8_t {
  kBlank = 1 << 0,       ///< Python's str.isspace
  kAlphabetic = 1 << 1,  ///< [[:alpha:]] of Python's `regex`: Unicode's property Alphabetic
  kAlnum = 1 << 2,       ///< Python's str.isalnum: a letter or a number of any kind
  kSpecial = 1 << 3,     ///< Data-Juicer's special characters: ASCII marks, digits, white space, emoji, a list
  kBracket = 1 << 4,     ///< ( ) [ ] { } ⟨ ⟩
  kLowers = 1 << 5,      ///< is another in lower case
};

/// Threads: immutable.
class CharKinds {
 public:
  static const CharKinds& get();
  std::uint8_t of(char32_t c) const { return c < 0x80 ? ascii_[c] : blocks_[(index_[c >> 8] << 8) | (c & 0xFF)]; }
  std::uint8_t of_ascii(unsigned char c) const { return ascii_[c]; }

 private:
  CharKinds();
  std::array<std::uint8_t, 128> ascii_{};
  std::array<std::uint16_t, 0x1100> index_{};
  std::vector<std::uint8_t> blocks_;
};

/// How often each character of ASCII and each mixture of kinds beyond it occurs in a text.
class CharCounts {
 public:
  void count(std::string_view text);
  std::int64_t chars() const { return chars_; }
  /// Characters of at least one of these kinds.
  std::int64_t of(std::uint8_t kinds) const;
  std::int64_t of_ascii(std::string_view characters) const;

 private:
  std::array<std::uint32_t, 128> ascii_{};
  std::array<std::uint32_t, 256> others_{};  // by kinds
  std::int64_t chars_ = 0;
};

/// The place of `what` in `text` at or after `from`; npos if there is none. Many times faster than string_view::find
/// where the first letter is a frequent one.
std::size_t find_bytes(std::string_view text, std::string_view what, std::size_t from);

/// Occurrences that do not overlap (str.count). `what` is not empty.
std::int64_t count_bytes(std::string_view text, std::string_view what);

}  // namespace millpond::curate
