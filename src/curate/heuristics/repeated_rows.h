#pragma once
// Rows of words that occur again, from two words to many.

#include <cstdint>
#include <vector>

#include "curate/words/hash_ranks.h"

namespace millpond::curate {

/// Follows rows of words as they get longer: one of n words can only come again where both rows of n - 1 words in it
/// do, so that after a few steps little is left to look at. Threads: one.
class RepeatedRows {
 public:
  /// Rows of two of the words whose hashes these are.
  void begin(const std::vector<std::uint64_t>& words);
  /// Rows of one word more.
  void lengthen();
  /// Words in a row now.
  std::uint32_t size() const { return size_; }
  /// Of rows that may come again, in their order: the first word. All of them while `size` is 2.
  const std::vector<std::uint32_t>& starts() const { return starts_; }
  /// Whether the same row came before.
  bool again(std::size_t k) const { return again_[k]; }
  /// The first word of the most frequent row; of equally frequent ones, of the first. 0 if none comes twice.
  std::uint32_t top() const;

 private:
  std::uint32_t size_ = 0;
  HashRanks ranks_;
  std::vector<std::uint32_t> starts_, ids_, times_;
  std::vector<char> again_;
};

}  // namespace millpond::curate
