#pragma once
// What NeMo Curator's heuristic filters measure, with its definitions.

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "curate/heuristics/char_kinds.h"
#include "curate/heuristics/repeated_rows.h"
#include "curate/words/hash_ranks.h"

namespace millpond::curate {

/// What cannot be measured of a text (no words, no lines) is not a number.
struct NemoSignals {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double non_alnum_frac = 1, digit_frac = 1, url_frac = 1, space_frac = 1, bracket_frac = 1;
  std::int64_t porn_urls = 0;
  std::int64_t words = 0, common_words = 0, word_chars_most = 0;
  double symbol_word_frac = kNone, word_chars = kNone, letter_word_frac = kNone;
  double bullet_line_frac = kNone, ellipsis_line_frac = kNone, unended_line_frac = kNone;
  double unique_line_frac = kNone, unique_line_char_frac = kNone;
  double unique_paragraph_frac = kNone, unique_paragraph_char_frac = kNone;
  double boilerplate_frac = 0;
  std::array<double, 3> top_gram_frac = {1, 1, 1};           ///< of 2, 3 and 4 words
  std::array<double, 6> dup_gram_frac = {1, 1, 1, 1, 1, 1};  ///< of 5 to 10 words
};

/// Measures texts; keeps its buffers from text to text. Compares 64-bit hashes, not strings. Threads: one.
class NemoMeter {
 public:
  NemoSignals measure(std::string_view text);

 private:
  void measure_chars(std::string_view text, NemoSignals& found);
  void measure_words(std::string_view text, NemoSignals& found);
  void measure_lines(std::string_view text, NemoSignals& found);
  void measure_paragraphs(std::string_view text, NemoSignals& found);
  void measure_repeats(std::string_view text, NemoSignals& found);
  struct Unique {
    std::int64_t pieces = 0, chars = 0, chars_all = 0;
  };
  Unique unique(const std::vector<std::string_view>& pieces);
  double boilerplate(std::string_view text, std::size_t paragraphs);

  CharCounts counts_;
  HashRanks ranks_;
  RepeatedRows rows_;
  std::vector<std::uint32_t> begins_, ends_, chars_;  // of words; `chars_` of those before, and of all at the end
  std::vector<std::uint64_t> hashes_;
  std::vector<std::string_view> pieces_;
  std::string lower_, joined_;
};

}  // namespace millpond::curate
