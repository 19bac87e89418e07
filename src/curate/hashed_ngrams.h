#pragma once
// Words and rows of words as numbers of buckets: the features of DSIR.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::curate {

/// Turns a text into the buckets of its n-grams, n from 1 up: words are runs of word characters or of what is neither
/// word nor white space, in lower case; a row of words is hashed with one space between them, by SHA-256.
///
/// Source:  the same buckets as `get_ngram_counts` of the package data-selection, with its tokenizer `wordpunct`.
/// Threads: one; it remembers hashes.
class HashedNgrams {
 public:
  HashedNgrams(int words_max, std::uint32_t buckets);
  /// Replaces `out`. The order is that of the package: all single words, then all pairs, and so on.
  void buckets_of(std::string_view text, std::vector<std::uint16_t>& out);

 private:
  void split(std::string_view text);
  std::uint16_t bucket(std::size_t first, std::size_t words, std::uint64_t key);
  std::string_view word(std::size_t i) const { return std::string_view(lower_).substr(begins_[i], sizes_[i]); }

  const int words_max_;
  const std::uint32_t buckets_;
  std::string lower_, joined_;
  std::vector<std::size_t> begins_, sizes_;
  std::vector<std::uint64_t> hashes_, known_keys_;
  std::vector<std::uint16_t> known_;
};

}  // namespace millpond::curate
