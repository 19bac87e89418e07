#pragma once
// How much of a text repeats itself: the measures of the Gopher paper (Rae et al. 2021, table A1), as datatrove has
// them.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/words/english_words.h"

namespace millpond::curate {

/// Fractions of the text's code points, but for the first and third, which are of the number of pieces.
struct Repetition {
  double dup_para_frac = 0, dup_para_char_frac = 0, dup_line_frac = 0, dup_line_char_frac = 0;
  std::array<double, 3> top_ngram_frac{};  ///< of 2, 3 and 4 words: what the most frequent one covers
  std::array<double, 6> dup_ngram_frac{};  ///< of 5 to 10 words: what those cover that came before
};

/// Measures texts; keeps its buffers from text to text. Compares 64-bit hashes, not strings.
/// Threads: one.
class RepetitionMeter {
 public:
  /// `words` are those of `text`; `chars` its code points.
  Repetition measure(std::string_view text, const std::vector<WordToken>& words, std::uint32_t chars);
  /// Pieces that came before, and their code points.
  struct Duplicates {
    std::int64_t pieces = 0, chars = 0;
  };
  Duplicates duplicates(const std::vector<std::string_view>& pieces);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t count = 0, first = 0;
  };
  void clear(std::size_t entries);
  Slot& find(std::uint64_t hash);
  void hash_words(std::string_view text, const std::vector<WordToken>& words);
  void mark_repeated_starts(std::string_view text, const std::vector<WordToken>& words);
  std::uint64_t power(std::uint32_t exponent) const;
  double top(std::size_t n, double chars);
  double repeated(std::size_t n, double chars);

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::vector<std::uint64_t> joined_, spaced_;  // polynomial hashes of the words so far: run together, with blanks
  std::vector<std::uint32_t> bytes_, chars_;    // of the words so far
  std::vector<std::uint64_t> powers_;
  std::string run_together_;            // the bytes of all words
  std::vector<std::uint32_t> place_;    // a slot for each word
  std::vector<std::uint8_t> again_;     // whether a word begins something that begins elsewhere, too
  std::vector<std::uint8_t> frequent_;  // whether the row of words that the last `top` looked at occurs twice
  std::vector<std::string_view> pieces_;
};

}  // namespace millpond::curate
