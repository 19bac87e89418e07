#pragma once
// Sentences of passages, as words with weights.

#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millpond/ask/answer.h"
#include "millpond/index/analyzer.h"

namespace millpond::ask {

struct Span {
  std::uint32_t begin = 0, end = 0;
};
/// Sentences and list items, without white space and bullets around them, nor a label such as "NOTE:"; none is empty.
std::vector<Span> sentences_of(std::string_view text);

/// Whether a span is the title of a box ("TIP Finding a package"): a paragraph that begins with words in capitals, goes
/// on in others, and has no end.
bool is_box_title(std::string_view text, Span span);

/// What the question asks for: its content words with the weight that the collection gives them.
struct QuestionWords {
  std::unordered_map<std::uint32_t, double> weights;  // term → weight
  double total = 0;
};
QuestionWords question_words(index::Analyzer& analyzer, std::string_view question, const index::Found& found);

struct Sentence {
  int passage = 0;
  Span span;
  std::vector<std::uint32_t> terms;  // content words, sorted, once each
  int words = 0;                     // all words
  bool title = false;                // of a box: names what follows, but says nothing
  double covered = 0;                // 0..1: weight of the question's words that it holds
  double cosine = 0;                 // with the question; 0 if not known
};
/// All sentences of the passages, in order.
std::vector<Sentence> read_sentences(index::Analyzer& analyzer, std::span<const Passage> passages,
                                     const QuestionWords& question);

/// Weight of the question's words among `terms`, 0..1.
double covered_by(const QuestionWords& question, std::span<const std::uint32_t> terms);

/// Content words of a text, sorted, once each.
std::vector<std::uint32_t> content_terms(index::Analyzer& analyzer, std::string_view text);

/// Names: words with a capital that do not begin the text. None in a text of capitals only, nor in German, where every
/// noun has one.
std::vector<index::Token> names_of(index::Analyzer& analyzer, std::string_view text);

Evidence evidence_of(index::Analyzer& analyzer, std::span<const Passage> passages, std::span<const Sentence> sentences,
                     std::string_view question_text, const QuestionWords& question, const index::Found& found);

}  // namespace millpond::ask
