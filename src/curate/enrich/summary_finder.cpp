#include "curate/enrich/summary_finder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace millpond::curate {
namespace {

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= 9 && c <= 13);
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line;
}

using Terms = std::vector<std::pair<std::uint32_t, float>>;

double inner_product(const Terms& a, const Terms& b) {
  double sum = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (x->first == y->first) sum += double(x->second) * y->second;
    const bool next_x = x->first <= y->first, next_y = y->first <= x->first;
    x += next_x, y += next_y;
  }
  return sum;
}

double inner_product(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Whether it ends as sentences do: headings, menus and cells of tables are no part of a summary.
bool ends_properly(std::string_view text) {
  while (!text.empty() && std::string_view("\"')]").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  if (text.ends_with("\u201D") || text.ends_with("\u2019")) text.remove_suffix(3);
  if (text.ends_with("\u00BB")) text.remove_suffix(2);
  if (text.empty()) return false;
  if (text.back() == '.' || text.back() == '!' || text.back() == '?') return true;
  static constexpr std::string_view kMarks[] = {"\u3002", "\uFF01", "\uFF1F", "\u0964", "\u061F", "\u06D4", "\u2026"};
  return std::any_of(std::begin(kMarks), std::end(kMarks), [&](std::string_view mark) { return text.ends_with(mark); });
}

}  // namespace

Result<std::string> SummaryFinder::find(std::string_view text, const SentenceVectors& vectors) {
  read(text);
  if (vectors) {
    MP_TRY(weigh_by_vectors(vectors));
  } else {
    weigh_by_words();
  }
  std::string summary;
  for (const std::size_t at : choose()) {
    if (!summary.empty()) summary += ' ';
    summary += sentences_[at].text;
  }
  return summary;
}

void SummaryFinder::read(std::string_view text) {
  words_.read(text, rules_.language);
  sentences_.assign(words_.sentences.size(), {});
  for (std::size_t i = 0; i < sentences_.size(); ++i) {
    const TextSpan& span = words_.sentences[i];
    sentences_[i].text = one_line(text.substr(span.begin, span.end - span.begin));
  }
  for (const TextWord& word : words_.words) {
    Sentence& sentence = sentences_[word.sentence];
    ++sentence.words;
    if (!word.stop) sentence.terms.push_back({word.term, 1});
  }
  // Where some end properly, only those are chosen among.
  std::vector<bool> proper;
  for (const Sentence& sentence : sentences_) proper.push_back(ends_properly(sentence.text) && sentence.words >= 4);
  if (std::count(proper.begin(), proper.end(), true) < rules_.sentences) return;
  std::size_t to = 0;
  for (std::size_t from = 0; from < sentences_.size(); ++from) {
    if (!proper[from]) continue;
    if (to != from) sentences_[to] = std::move(sentences_[from]);
    ++to;
  }
  sentences_.resize(to);
}

void SummaryFinder::weigh_by_words() {
  std::vector<std::uint32_t> holders(words_.terms.size());  // sentences with the term
  for (Sentence& sentence : sentences_) {
    std::sort(sentence.terms.begin(), sentence.terms.end());
    Terms once;
    for (const auto& term : sentence.terms) {
      if (!once.empty() && once.back().first == term.first) {
        once.back().second += 1;
      } else {
        once.push_back(term);
      }
    }
    sentence.terms = std::move(once);
    for (const auto& term : sentence.terms) ++holders[term.first];
  }
  std::vector<double> sum(words_.terms.size());
  for (Sentence& sentence : sentences_) {
    double squares = 0;
    for (auto& [term, weight] : sentence.terms) {
      weight =
          static_cast<float>((1 + std::log(weight)) * std::log(1 + double(sentences_.size()) / double(holders[term])));
      squares += double(weight) * weight;
    }
    for (auto& [term, weight] : sentence.terms) {
      if (squares > 0) weight = static_cast<float>(weight / std::sqrt(squares));
      sum[term] += weight;
    }
  }
  double length = 0;
  for (const double value : sum) length += value * value;
  length = std::sqrt(length);
  for (Sentence& sentence : sentences_) {
    for (const auto& [term, weight] : sentence.terms) sentence.middle += length > 0 ? weight * sum[term] / length : 0;
  }
}

Status SummaryFinder::weigh_by_vectors(const SentenceVectors& vectors) {
  std::vector<std::string_view> texts;
  for (const Sentence& sentence : sentences_) texts.push_back(sentence.text);
  std::vector<float> rows;
  std::size_t width = 0;
  if (!texts.empty()) MP_TRY(vectors(texts, rows, width));
  std::vector<float> middle(width);
  for (std::size_t i = 0; i < sentences_.size(); ++i) {
    const auto row = rows.begin() + static_cast<std::ptrdiff_t>(i * width);
    sentences_[i].vector.assign(row, row + static_cast<std::ptrdiff_t>(width));
    for (std::size_t at = 0; at < width; ++at) middle[at] += sentences_[i].vector[at];
  }
  const double length = std::sqrt(inner_product(middle, middle));
  for (Sentence& sentence : sentences_) {
    sentence.terms.clear();
    sentence.middle = length > 0 ? inner_product(sentence.vector, middle) / length : 0;
  }
  return {};
}

std::vector<std::size_t> SummaryFinder::choose() {
  std::vector<std::size_t> chosen;
  std::size_t bytes = 0;
  // Texts say first what they are about; short sentences say little, very long ones are lists.
  const auto worth = [&](std::size_t at) {
    const Sentence& sentence = sentences_[at];
    constexpr double kShort = 8, kLong = 40;
    const double words = std::max(1, sentence.words);
    const double size = std::min({1.0, words / kShort, kLong / words});
    return sentence.middle * std::sqrt(size) * (1 + 1 / (1 + double(at))) - rules_.variety * sentence.taken;
  };
  while (static_cast<int>(chosen.size()) < rules_.sentences) {
    std::size_t best = sentences_.size();
    double most = -1e9;
    for (std::size_t at = 0; at < sentences_.size(); ++at) {
      const std::size_t size = sentences_[at].text.size();
      constexpr double kSame = 0.9;  // what is taken already, and what says the same
      if (sentences_[at].taken > kSame || (!chosen.empty() && bytes + 1 + size > std::size_t(rules_.bytes_max)))
        continue;
      if (const double value = worth(at); value > most) most = value, best = at;
    }
    if (best == sentences_.size()) break;
    chosen.push_back(best);
    bytes += sentences_[best].text.size() + 1;
    for (Sentence& other : sentences_) {
      const Sentence& taken = sentences_[best];
      const double like =
          taken.vector.empty() ? inner_product(taken.terms, other.terms) : inner_product(taken.vector, other.vector);
      other.taken = std::max(other.taken, like);
    }
    sentences_[best].taken = 2;  // not again
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace millpond::curate
