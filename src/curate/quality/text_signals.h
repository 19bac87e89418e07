#pragma once
// What the filters of Gopher (quality) and FineWeb measure, with datatrove's definitions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/quality/repetition.h"
#include "curate/words/english_words.h"

namespace millpond::curate {

struct GopherQuality {
  std::int64_t words = 0;                     ///< tokens
  std::int64_t content_words = 0;             ///< those that are not punctuation alone
  double content_word_chars = 0;              ///< their mean length; code points
  double hash_ratio = 0, ellipsis_ratio = 0;  ///< "#", and "..." or "…", to a word
  double bullet_line_frac = 0, ellipsis_line_frac = 0;
  double letter_word_frac = 0;  ///< words with a letter
  std::int64_t stop_words = 0;  ///< how many different ones
};

/// `stop_words`: at most 64.
GopherQuality gopher_quality_of(std::string_view text, const std::vector<WordToken>& words,
                                const std::vector<std::string>& stop_words, std::vector<std::string_view>& lines);

struct FinewebSignals {
  std::int64_t lines = 0;      ///< not empty
  double line_punct_frac = 0;  ///< lines that end with a terminal mark
  double short_line_frac = 0;
  double line_char_dup_frac = 0;  ///< code points of lines that came before
  double newline_word_ratio = 0;
};

FinewebSignals fineweb_signals_of(std::string_view text, std::int64_t words, std::int64_t short_line_chars,
                                  RepetitionMeter& meter, std::vector<std::string_view>& lines);

}  // namespace millpond::curate
