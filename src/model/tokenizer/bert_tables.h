#pragma once
// What the reference tokenizer does with each code point; the data is in bert_tables.cpp (generated).

#include <cstdint>
#include <span>

namespace millpond::model::tables {

enum Kind : std::uint16_t {
  kWord = 0,      ///< part of a word; the default
  kDrop = 1,      ///< vanishes
  kDropMark = 2,  ///< vanishes, but ends a run of marks that may be put in order
  kSpace = 3,
  kPunct = 4,
  kIdeograph = 5,   ///< a word by itself
  kHangul = 6,      ///< decomposes by arithmetic
  kNonstarter = 16  ///< plus the canonical combining class: a mark that stays and is put in order
};

struct KindRange {
  std::uint32_t first, last;
  std::uint16_t kind;
};
/// Every `stride`-th code point of first..last becomes itself + difference.
struct MapRun {
  std::uint32_t first, last;
  std::uint8_t stride;
  std::int32_t difference;
};
struct MapPair {
  std::uint32_t from, to;
};
struct MapSeveral {
  std::uint32_t from;
  char32_t to[4];
};  ///< zero-terminated if shorter

std::span<const KindRange> kind_ranges();
std::span<const MapRun> map_runs();
std::span<const MapPair> map_pairs();
std::span<const MapSeveral> map_several();

}  // namespace millpond::model::tables
