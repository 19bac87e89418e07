#pragma once
// The line rules of C4 (Raffel et al. 2020), with datatrove's definitions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/words/known_words.h"

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
  C4Lines(const C4Rules& rules, WordRules words) : rules_(rules), words_(words) {}
  /// Takes words of `text` from `known`, and tells it the number of those that are left.
  C4Outcome apply(std::string_view text, KnownWords& known);

 private:
  enum class Verdict : unsigned char { kKeep, kLine, kLoremIpsum, kCurlyBracket };
  Verdict judge(std::string_view line, std::string_view without_citations);

  /// The words of a line, of which `line` is the text; those of `text_words_` at the place where it stands in the text.
  std::span<const WordToken> words_in(std::string_view text, std::string_view line);

  const C4Rules rules_;
  WordSplitter words_;
  std::span<const WordToken> text_words_;  // those that are not yet behind

  std::vector<WordToken> tokens_;
  std::vector<std::string_view> lines_;
  std::string cited_, lower_;
};

/// Sentences of a text: a full stop or the like ends one when something follows that is no punctuation. White space
/// beyond a single blank counts as something. The words' places are those in a text where `line` begins at `offset`.
std::int64_t count_sentences(std::string_view line, std::span<const WordToken> words, std::size_t offset);

}  // namespace millpond::curate
