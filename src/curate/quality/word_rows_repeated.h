#pragma once
// Which rows of words come again in a text, word by word: for all lengths of rows with one table.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "curate/words/english_words.h"

namespace millpond::curate {

/// Gives each row of words the place where an equal one is first. Rows of n + 1 words are found from those of n: only
/// words whose row of n came before are looked at again, and only where the word that is added is not that of the first
/// place is anything looked up.
/// Memory:  about 50 bytes a word, kept from text to text.
/// Threads: one.
class RepeatedWordRows {
 public:
  /// Takes the words of a text: rows of one word.
  void begin(std::string_view text, const std::vector<WordToken>& words);
  /// Goes on to rows that have one word more.
  void lengthen();
  /// Code points of the most frequent row, of equally frequent ones the first, with a blank between its words; times
  /// how often it occurs.
  double most_frequent_chars();
  /// Code points of rows that came before, read from the left: after such a row the next one begins behind it, and rows
  /// that begin inside it are not among those that came before.
  std::int64_t repeated_chars();

 private:
  /// Values that nobody sets to zero: what is there before is lost when there is to be room for more.
  template <class T>
  class Room {
   public:
    void make(std::size_t size) {
      if (size <= size_) return;
      values_.reset();
      size_ = std::bit_ceil(size);
      values_ = std::make_unique_for_overwrite<T[]>(size_);
    }
    T* data() { return values_.get(); }
    T& operator[](std::size_t i) { return values_[i]; }

   private:
    std::unique_ptr<T[]> values_;
    std::size_t size_ = 0;
  };
  void rank_words(std::string_view text, const std::vector<WordToken>& words);
  void begin_table(std::size_t entries);

  std::size_t count_ = 0, row_words_ = 0, again_size_ = 0;
  Room<std::uint64_t> hashes_;         // of the words
  Room<std::uint32_t> chars_;          // code points of the words so far
  Room<std::uint32_t> word_;           // of each word, where it is first
  Room<std::uint32_t> row_;            // of each row, where it is first
  Room<std::uint32_t> again_;          // rows that came before, and maybe some that did not
  Room<std::uint32_t> differ_;         // rows that go on otherwise than the first of those one word shorter
  Room<std::uint32_t> shorter_;        // of rows that were looked up: where the row one word shorter is first
  Room<std::uint32_t> times_;          // how often the row came again
  Room<std::uint8_t> inside_, seen_;   // marks with the length of the row
  std::vector<std::uint32_t> places_;  // a table of rows by hash; places below `base_` are free
  std::uint32_t base_ = 0, table_size_ = 0;
  int shift_ = 0;
};

}  // namespace millpond::curate
