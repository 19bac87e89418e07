#include "ask/quote.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace millpond::ask {
namespace {

// Shares in the score of a sentence: set by judgement, not fitted; bench_eval_answers shows what they yield.
constexpr double kMeaning = 1.0, kPlace = 0.5, kAround = 0.25, kHeading = 0.3, kKind = 0.15;
constexpr double kMoreFrom = 0.75;                  // of the best score: what a further sentence must reach
constexpr double kSameWords = 0.6;                  // share of words in common from which two sentences say the same
constexpr std::uint32_t kIntroducedBytesMax = 400;  // what a colon announces is quoted with it, up to this
constexpr int kWordsMin = 4;                        // fewer are headings and captions rather than answers

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool asks_for_number(std::string_view question) {
  std::string lower(question);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string_view cue :
       {"when ", "how many", "how much", "how long", "how old", "how far", "how often", "what year", "which year",
        "what date", "what percent", "wann ", "wie viele", "wie lange", "wie viel"}) {
    if (lower.find(cue) != std::string::npos) return true;
  }
  return false;
}

double in_common(const Sentence& a, const Sentence& b) {
  std::vector<std::uint32_t> both;
  std::set_intersection(a.terms.begin(), a.terms.end(), b.terms.begin(), b.terms.end(), std::back_inserter(both));
  const std::size_t fewer = std::min(a.terms.size(), b.terms.size());
  return fewer > 0 ? static_cast<double>(both.size()) / static_cast<double>(fewer) : 1;
}

std::string above(const Passage& passage) {
  std::string text = passage.title;
  for (const std::string& heading : passage.heading_path) text.append("\n").append(heading);
  return text;
}

}  // namespace

std::vector<double> score_sentences(std::span<const Sentence> sentences, std::span<const Passage> passages,
                                    const QuestionWords& question, std::string_view question_text,
                                    index::Analyzer& analyzer) {
  double best_passage = 0;
  for (const Passage& passage : passages) best_passage = std::max(best_passage, passage.score);
  std::vector<double> headings;
  for (const Passage& passage : passages)
    headings.push_back(covered_by(question, content_terms(analyzer, above(passage))));
  const bool number = asks_for_number(question_text);
  std::vector<double> scores;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const Sentence& sentence = sentences[i];
    const auto p = static_cast<std::size_t>(sentence.passage);
    double around = 0;  // the question's words may stand in the sentence before
    if (i > 0 && sentences[i - 1].passage == sentence.passage) around = sentences[i - 1].covered;
    if (i + 1 < sentences.size() && sentences[i + 1].passage == sentence.passage)
      around = std::max(around, sentences[i + 1].covered);
    double score = sentence.covered + kMeaning * sentence.cosine + kAround * around * (1 - sentence.covered) +
                   kHeading * headings[p] * (1 - sentence.covered);
    if (best_passage > 0) score += kPlace * passages[p].score / best_passage;
    const std::string_view text =
        std::string_view(passages[p].text).substr(sentence.span.begin, sentence.span.end - sentence.span.begin);
    if (number && has_digit(text)) score += kKind;
    if (sentence.words < kWordsMin || sentence.title || text.ends_with('?')) score *= 0.5;
    scores.push_back(score);
  }
  return scores;
}

std::vector<std::size_t> choose_sentences(std::span<const Sentence> sentences, std::span<const Passage> passages,
                                          const QuestionWords& question, std::string_view question_text,
                                          index::Analyzer& analyzer, int limit) {
  const std::vector<double> scores = score_sentences(sentences, passages, question, question_text, analyzer);
  std::vector<std::size_t> order(sentences.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<std::size_t> chosen;
  for (const std::size_t i : order) {
    if (chosen.size() >= static_cast<std::size_t>(limit) || scores[i] < kMoreFrom * scores[order[0]]) break;
    const bool told = std::any_of(chosen.begin(), chosen.end(),
                                  [&](std::size_t c) { return in_common(sentences[c], sentences[i]) >= kSameWords; });
    if (!told) chosen.push_back(i);
  }
  // The passage that answers best comes first, its sentences in the order of the document.
  const int first = chosen.empty() ? 0 : sentences[chosen[0]].passage;
  std::sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) {
    const bool a_first = sentences[a].passage == first, b_first = sentences[b].passage == first;
    return a_first != b_first ? a_first : a < b;
  });
  return chosen;
}

Span with_introduced(std::size_t sentence, std::span<const Sentence> sentences, std::string_view text) {
  Span span = sentences[sentence].span;
  if (text[span.end - 1] != ':') return span;
  const std::uint32_t most = span.begin + kIntroducedBytesMax;
  for (std::size_t i = sentence + 1; i < sentences.size(); ++i) {
    const Sentence& next = sentences[i];
    if (next.passage != sentences[sentence].passage || next.span.end > most) break;
    // Items of one list stand on lines of their own without an empty line between them.
    const std::string_view gap = text.substr(span.end, next.span.begin - span.end);
    const bool first = i == sentence + 1;
    if (!first && (gap.find('\n') == gap.npos || gap.find("\n\n") != gap.npos)) break;
    span.end = next.span.end;
  }
  return span;
}

}  // namespace millpond::ask
