#pragma once
// What Data-Juicer's text filters measure, with its definitions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/heuristics/char_kinds.h"
#include "curate/heuristics/word_lists.h"
#include "curate/words/hash_ranks.h"

namespace millpond::curate {

struct JuicerSignals {
  std::int64_t chars = 0, words = 0, line_chars_most = 0;
  double line_chars = 0;  ///< code points of the text to a line
  double alnum_frac = 0, special_frac = 0;
  double char_repetition = 0;  ///< what the most frequent rows of characters are of all
  double word_repetition = 0;  ///< rows of words that come more than once, of all
  double stop_word_frac = 0, flagged_word_frac = 0;
};

struct JuicerLists {
  WordHashes stop_words, flagged_words;
  /// As words of a text are looked up, which are in lower case.
  static std::uint64_t hash(std::string_view word);
};

/// Measures texts; keeps its buffers from text to text. Compares 64-bit hashes, not strings. Threads: one.
class JuicerMeter {
 public:
  /// `row_chars`, `row_words`: how long the rows of characters and words are whose repetition counts.
  /// `rows_at_a_time`: different rows of characters that are counted in one turn; 4 Mi take about 100 MB.
  JuicerMeter(std::int64_t row_chars, std::int64_t row_words, const JuicerLists& lists,
              std::size_t rows_at_a_time = 4 << 20)
      : row_chars_(static_cast<std::size_t>(row_chars)),
        row_words_(static_cast<std::size_t>(row_words)),
        rows_at_a_time_(rows_at_a_time),
        lists_(lists) {}
  JuicerSignals measure(std::string_view text);

 private:
  void measure_words(std::string_view text, JuicerSignals& found);
  void add_word(std::uint64_t hash);
  double char_repetition(std::string_view text, std::size_t chars);
  void hash_rows(std::string_view text, std::size_t chars, std::size_t turn, std::size_t turns);
  std::size_t count_rows();
  double word_repetition();

  const std::size_t row_chars_, row_words_, rows_at_a_time_;
  const JuicerLists& lists_;
  CharCounts counts_;
  HashRanks ranks_;
  std::vector<std::uint32_t> begins_, times_, often_;
  std::vector<std::uint64_t> hashes_;      // of words
  std::vector<std::uint64_t> row_hashes_;  // of rows of characters; the buffer may be longer than `rows_`
  std::vector<std::uint8_t> counters_;
  std::size_t rows_ = 0;
  std::vector<std::string_view> lines_;
  std::string word_, lower_;  // `lower_`: the text with ASCII in lower case; the buffer may be longer
  std::int64_t stop_words_ = 0, flagged_words_ = 0;
};

}  // namespace millpond::curate
