#pragma once
// What the filters of Gopher (quality) and FineWeb measure, with datatrove's definitions.

#include <cstdint>
#include <memory>
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

/// Counts what `GopherQuality` is made of, of a text as a whole or block by block; blocks end where lines do.
/// Threads: one.
class GopherCounter {
 public:
  /// `stop_words`: at most 64; they must outlive the object.
  explicit GopherCounter(const std::vector<std::string>& stop_words);
  ~GopherCounter();
  void add_words(std::string_view text, const std::vector<WordToken>& words);
  /// `lines` is only room to work in.
  void add_lines(std::string_view text, std::vector<std::string_view>& lines);
  GopherQuality finish() const;

 private:
  class StopWords;
  const std::unique_ptr<StopWords> stops_;
  std::int64_t words_ = 0, content_words_ = 0, content_chars_ = 0, with_letter_ = 0, hashes_ = 0, dots_ = 0;
  std::int64_t lines_ = 0, bullets_ = 0, ellipses_ = 0;
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

/// Counts lines, those that are empty aside.
struct FinewebLines {
  std::int64_t lines = 0, ended = 0, brief = 0;
  void add(const std::vector<std::string_view>& lines, std::int64_t short_line_chars);
  /// `newlines`: in the text. The other two are of the lines that came before, and of the text.
  FinewebSignals finish(std::int64_t words, std::int64_t newlines, std::int64_t repeated_chars,
                        std::int64_t chars) const;
};

FinewebSignals fineweb_signals_of(std::string_view text, std::int64_t words, std::int64_t short_line_chars,
                                  RepetitionMeter& meter, std::vector<std::string_view>& lines);

}  // namespace millpond::curate
