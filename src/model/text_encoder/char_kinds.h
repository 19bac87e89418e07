#pragma once
// What a code point is, by Unicode's general categories: one byte each.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/tokenizer/utf8.h"

namespace millpond::model {

/// Threads: immutable once made.
class CharKinds {
 public:
  enum Kind : std::uint8_t {
    kLetter = 1,
    kNumber = 2,
    kSpace = 4,
    kPunct = 8,
    kSymbol = 16,
    kMark = 32,
    kWordExtra = 64
  };
  CharKinds();
  std::uint8_t of(char32_t cp) const { return kinds_[cp]; }
  bool word(char32_t cp) const { return (kinds_[cp] & (kLetter | kNumber | kMark | kWordExtra)) != 0; }  ///< \w

 private:
  std::vector<std::uint8_t> kinds_;
};

/// The general category by the tables that the reference has for BERT, which end with Unicode 8; `U_UNASSIGNED` (0)
/// for younger characters.
int reference_type(char32_t cp);
/// Whether those tables, or ASCII, call it punctuation.
bool reference_punct(char32_t cp);

/// The code point at `at`, which moves behind it.
inline char32_t read_char(std::string_view text, std::size_t& at) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data()) + at;
  const auto* begin = p;
  const char32_t cp = next_code_point(p, reinterpret_cast<const unsigned char*>(text.data()) + text.size());
  at += static_cast<std::size_t>(p - begin);
  return cp;
}

inline void append_char(char32_t cp, std::string& out) {
  unsigned char bytes[4];
  out.append(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(put_code_point(cp, bytes) - bytes));
}

}  // namespace millpond::model
