#pragma once
// Rows of words as hashes, and a Bloom filter in blocks that remembers them.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/repeats/repeat_finder.h"

namespace millpond::curate {

/// A block of a filter: one cache line (Putze, Sanders, Singler 2007). Blocks know nothing of each other: whether one
/// has a hash depends on the hashes that were added to it alone.
using FilterBlock = std::array<std::uint64_t, 8>;

/// How many blocks, and how many bits for each hash.
struct FilterShape {
  FilterShape(std::int64_t items, double false_positives);
  int bits;
  std::uint64_t blocks;

  std::uint64_t block_of(std::uint64_t hash) const {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(hash) * blocks >> 64);
  }
  bool has(const FilterBlock& block, std::uint64_t hash) const;
  void add(FilterBlock& block, std::uint64_t hash) const;
};

/// Threads: one.
class RowHasher {
 public:
  RowHasher(const Pieces& pieces, const WordRows& rows);
  /// Of each row of words in `content`; of all its words if there are fewer. Valid until the next call.
  const std::vector<std::uint64_t>& hashes_of(std::string_view content);

 private:
  const bool normalise_;
  const std::size_t length_;
  std::uint64_t base_power_ = 1;
  std::vector<std::uint64_t> words_, hashes_;
  std::string normal_;
};

/// So much of a piece's rows was seen before that it counts as a repeat.
inline bool mostly_seen(const WordRows& rows, std::int64_t seen, std::size_t of) {
  return static_cast<double>(seen) >= rows.part_min * static_cast<double>(of);
}

/// What to say when a filter saw more than it is made for; empty if it did not.
std::string overfull_note(const WordRows& rows, std::int64_t new_rows);

}  // namespace millpond::curate
