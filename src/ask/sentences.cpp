#include "ask/sentences.h"

#include <algorithm>
#include <cmath>

#include "chunk/sentence.h"

namespace millpond::ask {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The bytes of a bullet or number that a list item begins with: "- ", "• ", "12. ".
std::size_t bullet_at(std::string_view text) {
  if (text.size() >= 2 && (text[0] == '-' || text[0] == '*' || text[0] == '+') && text[1] == ' ') return 2;
  if (text.starts_with("\u2022 ") || text.starts_with("\u2013 ")) return 4;
  std::size_t digits = 0;
  while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const bool numbered =
      digits > 0 && digits + 1 < text.size() && (text[digits] == '.' || text[digits] == ')') && text[digits + 1] == ' ';
  return numbered ? digits + 2 : 0;
}

// The bytes of a label that says what kind of remark follows: "NOTE: ", "Tip:\n".
std::size_t label_at(std::string_view text) {
  for (const std::string_view label : {"note", "tip", "hint", "warning", "caution", "important", "attention"}) {
    if (text.size() < label.size() + 2 || text[label.size()] != ':' || !blank(text[label.size() + 1])) continue;
    const bool same = std::equal(label.begin(), label.end(), text.begin(), [](char a, char b) {
      return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
    });
    if (same) return label.size() + 2;
  }
  return 0;
}

// Whether a row of a table, its cells apart by tabs, begins here.
bool row_at(std::string_view text) { return text.substr(0, text.find('\n')).find('\t') != text.npos; }

void trim(std::string_view text, Span& span) {
  while (span.begin < span.end && blank(text[span.begin])) ++span.begin;
  while (span.end > span.begin && blank(text[span.end - 1])) --span.end;
}

}  // namespace

std::vector<Span> sentences_of(std::string_view text) {
  std::vector<Span> spans;
  for (std::uint32_t from = 0; from < text.size();) {
    std::uint32_t end = chunk::sentence_end(text, from);
    // A list item on a line of its own ends what was before it, and so does the row of a table.
    std::size_t line_begin = from;
    for (std::size_t line = text.find('\n', from); line < end; line = text.find('\n', line + 1)) {
      const bool row =
          text.substr(line_begin, line - line_begin).find('\t') != text.npos || row_at(text.substr(line + 1));
      line_begin = line + 1;
      if (line > from && (row || bullet_at(text.substr(line + 1)) > 0)) {
        end = static_cast<std::uint32_t>(line + 1);
        break;
      }
    }
    Span span{from, end};
    from = end;
    trim(text, span);
    span.begin += static_cast<std::uint32_t>(
        std::min<std::size_t>(bullet_at(text.substr(span.begin, span.end - span.begin)), span.end - span.begin));
    trim(text, span);
    span.begin += static_cast<std::uint32_t>(label_at(text.substr(span.begin, span.end - span.begin)));
    trim(text, span);
    if (span.begin < span.end) spans.push_back(span);
  }
  return spans;
}

bool is_box_title(std::string_view text, Span span) {
  const std::string_view before = text.substr(0, span.begin), after = text.substr(span.end);
  const bool alone = (before.empty() || before.ends_with("\n\n")) && (after.empty() || after.starts_with("\n\n"));
  const std::string_view line = text.substr(span.begin, span.end - span.begin);
  if (!alone || line.find('\n') != line.npos || std::string_view(".!?:;").find(line.back()) != std::string_view::npos) {
    return false;
  }
  std::size_t capitals = 0;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::string_view word = line.substr(at, end - at);
    const bool upper = std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!upper) return capitals >= 3;
    capitals += word.size();
    at = end + 1;
  }
  return false;  // capitals alone may be a sentence of their own
}

std::vector<std::uint32_t> content_terms(index::Analyzer& analyzer, std::string_view text) {
  std::vector<index::Token> tokens;
  analyzer.analyze(text, tokens);
  std::vector<std::uint32_t> terms;
  for (const index::Token& token : tokens) {
    if (!token.function_word) terms.push_back(token.term);
  }
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

QuestionWords question_words(index::Analyzer& analyzer, std::string_view question, const index::Found& found) {
  QuestionWords words;
  std::vector<index::Token> tokens;
  analyzer.analyze(question, tokens);
  const bool content =
      std::any_of(tokens.begin(), tokens.end(), [](const auto& token) { return !token.function_word; });
  // A word that the collection does not hold weighs as much as one that a single row holds.
  const double most = std::log1p(std::max(0.0, (static_cast<double>(found.rows) - 0.5) / 1.5));
  for (const index::Token& token : tokens) {
    if (content && token.function_word) continue;
    double weight = most;
    for (const index::QueryTerm& term : found.terms) {
      if (term.term == analyzer.term(token.term)) weight = std::min(most, term.weight);
    }
    words.weights.emplace(token.term, std::max(weight, 0.05));
  }
  for (const auto& [term, weight] : words.weights) words.total += weight;
  return words;
}

double covered_by(const QuestionWords& question, std::span<const std::uint32_t> terms) {
  double covered = 0;
  for (const auto& [term, weight] : question.weights) {
    if (std::binary_search(terms.begin(), terms.end(), term)) covered += weight;
  }
  return question.total > 0 ? covered / question.total : 0;
}

std::vector<Sentence> read_sentences(index::Analyzer& analyzer, std::span<const Passage> passages,
                                     const QuestionWords& question) {
  std::vector<Sentence> sentences;
  std::vector<index::Token> tokens;
  for (std::size_t p = 0; p < passages.size(); ++p) {
    const std::string_view text = passages[p].text;
    for (const Span span : sentences_of(text)) {
      Sentence sentence;
      sentence.passage = static_cast<int>(p);
      sentence.span = span;
      const std::string_view words = text.substr(span.begin, span.end - span.begin);
      sentence.terms = content_terms(analyzer, words);
      tokens.clear();
      analyzer.analyze(words, tokens);
      sentence.words = static_cast<int>(tokens.size());
      sentence.title = is_box_title(text, span);
      sentence.covered = covered_by(question, sentence.terms);
      sentences.push_back(std::move(sentence));
    }
  }
  return sentences;
}

std::vector<index::Token> names_of(index::Analyzer& analyzer, std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (analyzer.id().ends_with(" german") || std::none_of(text.begin(), text.end(), lower)) return {};
  std::vector<index::Token> tokens, names;
  analyzer.analyze(text, tokens);
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const char c = text[tokens[i].begin];
    if (c >= 'A' && c <= 'Z' && !tokens[i].function_word) names.push_back(tokens[i]);
  }
  return names;
}

Evidence evidence_of(index::Analyzer& analyzer, std::span<const Passage> passages, std::span<const Sentence> sentences,
                     std::string_view question_text, const QuestionWords& question, const index::Found& found) {
  Evidence evidence;
  const std::vector<index::Token> names = names_of(analyzer, question_text);
  std::size_t known = 0;
  double vector_best = found.vector_mean;
  for (const Passage& passage : passages) {
    std::string all = passage.title;
    for (const std::string& heading : passage.heading_path) all.append("\n").append(heading);
    all.append("\n").append(passage.text);
    const std::vector<std::uint32_t> terms = content_terms(analyzer, all);
    evidence.coverage = std::max(evidence.coverage, covered_by(question, terms));
    known = std::max(known,
                     static_cast<std::size_t>(std::count_if(names.begin(), names.end(), [&](const index::Token& name) {
                       return std::binary_search(terms.begin(), terms.end(), name.term);
                     })));
    vector_best = std::max(vector_best, passage.vector_score);
    evidence.by_vector |= passage.vector_score != 0;
  }
  if (!names.empty()) evidence.names = static_cast<double>(known) / static_cast<double>(names.size());
  std::vector<std::uint32_t> near;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    near = sentences[i].terms;
    for (std::size_t j = i + 1; j < sentences.size() && j < i + 3 && sentences[j].passage == sentences[i].passage;
         ++j) {
      near.insert(near.end(), sentences[j].terms.begin(), sentences[j].terms.end());
    }
    std::sort(near.begin(), near.end());
    evidence.near = std::max(evidence.near, covered_by(question, near));
  }
  const double room = 1 - found.vector_mean;
  if (room > 1e-6) evidence.similarity = std::clamp((vector_best - found.vector_mean) / room, 0.0, 1.0);
  return evidence;
}

}  // namespace millpond::ask
