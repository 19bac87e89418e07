#pragma once
// The line rules of C4 (Raffel et al. 2020), with datatrove's definitions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/words/english_words.h"

namespace millpond::curate {

struct C4Rules {
  bool citations = true;       ///< take "[1]", "[edit]" and "[citation needed]" out
  bool terminal_punct = true;  ///< lines must end in . ? ! " '
  std::int64_t sentences_min = 5, line_words_min = 3, word_chars_max = 1000;  ///< -1: no rule
  bool lorem_ipsum = true, javascript = true, curly_bracket = true, policy = true;
};

struct C4Outcome {
  std::string text;          ///< the lines that are left
  std::string_view dropped;  ///< why the document goes as a whole; empty if it stays
  std::int64_t sentences = 0, lines_kept = 0, lines_dropped = 0;
};

/// Applies the rules to documents. Threads: one.
class C4Lines {
 public:
  explicit C4Lines(const C4Rules& rules) : rules_(rules) {}
  C4Outcome apply(std::string_view text);

 private:
  enum class Verdict : unsigned char { kKeep, kLine, kLoremIpsum, kCurlyBracket };
  Verdict judge(std::string_view line, std::string_view without_citations);

  const C4Rules rules_;
  EnglishWords words_;
  std::vector<WordToken> tokens_;
  std::vector<std::string_view> lines_;
  std::string cited_, lower_;
};

/// Sentences of a text: a full stop or the like ends one when something follows that is no punctuation. White space
/// beyond a single blank counts as something.
std::int64_t count_sentences(std::string_view text, const std::vector<WordToken>& words);

}  // namespace millpond::curate
