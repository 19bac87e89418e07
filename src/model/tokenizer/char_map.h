#pragma once
// The tables of bert_tables.cpp, arranged for one look-up a code point.

#include <array>
#include <cstdint>
#include <vector>

#include "model/tokenizer/bert_tables.h"

namespace millpond::model {

/// What a code point becomes: nothing, a delimiter, or up to four code points of a word.
/// Threads: immutable once made.
class CharMap {
 public:
  /// Replaces a code point. `to` ends at the first zero.
  struct Mapped {
    std::array<char32_t, 4> to{};
    tables::Kind kind = tables::kWord;  ///< of all of `to` together: kWord, kPunct or kIdeograph
  };
  static constexpr std::uint16_t kMapped = 512;  ///< entries from here on index `mapped`

  CharMap();
  /// A tables::Kind (kNonstarter plus its class included), or kMapped plus an index. Requires: cp ≤ 0x10FFFF.
  std::uint16_t entry(char32_t cp) const { return pages_[std::size_t{page_of_[cp >> 8]} * 256 + (cp & 255)]; }
  const Mapped& mapped(std::uint16_t entry) const { return mapped_[entry - kMapped]; }

 private:
  std::uint16_t* own_page(std::uint32_t page);
  void fill(const tables::KindRange& range);
  void map(std::uint32_t from, const std::array<char32_t, 4>& to);

  std::array<std::uint16_t, 0x1100> page_of_{};
  std::array<std::uint16_t, 16>
      uniform_{};             // kind → the page that holds nothing else, 0 if none yet (but kWord's is 0)
  std::vector<bool> shared_;  // page → serves several ranges, so it is copied before a change
  std::vector<std::uint16_t> pages_;
  std::vector<Mapped> mapped_;
};

}  // namespace millpond::model
