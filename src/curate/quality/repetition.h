#pragma once
// How much of a text repeats itself: the measures of the Gopher paper (Rae et al. 2021, table A1), as datatrove has
// them.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "curate/quality/word_rows_repeated.h"
#include "curate/words/english_words.h"
#include "curate/words/hash_ranks.h"
#include "curate/words/word_rules.h"

namespace millpond::curate {

/// Fractions of the text's code points, but for the first and third, which are of the number of pieces.
struct Repetition {
  double dup_para_frac = 0, dup_para_char_frac = 0, dup_line_frac = 0, dup_line_char_frac = 0;
  std::array<double, 3> top_ngram_frac{};  ///< of 2, 3 and 4 words: what the most frequent one covers
  std::array<double, 6> dup_ngram_frac{};  ///< of 5 to 10 words: what those cover that came before
};

/// What makes rows of words equal.
enum class RowsBy : unsigned char {
  kBytes,  ///< of 5 words and more: the bytes of all words, run together, as the reference has it
  kWords,  ///< each word: "log in" is not "login". Faster.
};

inline RowsBy rows_by(WordRules rules) { return rules == WordRules::kSimple ? RowsBy::kWords : RowsBy::kBytes; }

/// Measures texts; keeps its buffers from text to text. Compares 64-bit hashes, not strings.
/// Threads: one.
class RepetitionMeter {
 public:
  /// `words` are those of `text`; `chars` its code points.
  Repetition measure(std::string_view text, const std::vector<WordToken>& words, std::uint32_t chars,
                     RowsBy rows = RowsBy::kBytes);
  /// Pieces that came before, and their code points.
  struct Duplicates {
    std::int64_t pieces = 0, chars = 0;
  };
  Duplicates duplicates(const std::vector<std::string_view>& pieces);

 private:
  std::uint32_t count_rows(std::size_t n, std::size_t grams);
  template <std::uint32_t kSize>
  void refine_starts(std::uint32_t longer);
  void clear_counters(std::size_t entries);
  void run_together(std::string_view text, const std::vector<WordToken>& words);
  void find_repeated_starts();
  double top(std::size_t n, double chars);
  double repeated(std::size_t n, double chars);

  RepeatedWordRows word_rows_;
  HashRanks ranks_;
  std::vector<std::uint32_t> times_, firsts_;  // how often the row of each rank came, and where first
  std::vector<std::uint32_t> begun_;           // of each start, where its hashes are
  std::vector<std::uint64_t> start_hashes_;    // of the first bytes of each start
  bool keeps_starts_ = true;
  std::size_t count_ = 0;  // words; the buffers may be longer
  // How often hashes fall on a place, at most 255: never less than how often the same thing occurs.
  std::vector<std::uint8_t> counters_;
  int shift_ = 0;
  std::vector<std::uint32_t> place_;          // of each start among the counters
  std::vector<std::uint64_t> words_, rows_;   // hashes of words and of rows of them
  std::vector<std::uint32_t> bytes_, chars_;  // of the words so far
  std::vector<char> run_together_;            // the bytes of all words, and kSlack more
  std::vector<std::uint32_t> unique_from_;    // rows of words from each word on that are as long in bytes occur once
  std::vector<std::uint32_t> candidates_;     // rows that may be the most frequent
  std::vector<std::uint32_t> starts_;         // words that may begin something that begins elsewhere, too
  std::vector<std::string_view> pieces_;
};

}  // namespace millpond::curate
