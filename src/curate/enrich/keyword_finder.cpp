#include "curate/enrich/keyword_finder.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace millpond::curate {
namespace {

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// White space as single blanks.
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

}  // namespace

double likeness(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (a.empty()) return 1;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, corner + (fold(a[i - 1]) != fold(b[j - 1]) ? 1 : 0)});
      corner = above;
    }
  }
  return 1 - static_cast<double>(row[b.size()]) / static_cast<double>(a.size());
}

std::vector<Keyword> KeywordFinder::find(std::string_view text) {
  words_.read(text, rules_.language);
  count_terms();
  weigh_terms();
  collect_phrases();
  for (Phrase& phrase : phrases_) weigh(phrase);
  std::sort(phrases_.begin(), phrases_.end(), [](const Phrase& a, const Phrase& b) {
    return a.weight != b.weight ? a.weight < b.weight
                                : std::pair(a.first_word, a.words) < std::pair(b.first_word, b.words);
  });
  std::vector<Keyword> found;
  for (const Phrase& phrase : phrases_) {
    if (static_cast<int>(found.size()) >= rules_.count) break;
    const std::uint32_t begin = words_.words[phrase.first_word].begin;
    const std::uint32_t end = words_.words[phrase.first_word + phrase.words - 1].end;
    Keyword keyword{one_line(text.substr(begin, end - begin)), 1 / (1 + phrase.weight)};
    constexpr std::size_t kBytesMax = 200;  // a "word" beyond this is none
    if (keyword.text.size() > kBytesMax) continue;
    const bool seen = std::any_of(found.begin(), found.end(), [&](const Keyword& better) {
      return likeness(better.text, keyword.text) > rules_.likeness;
    });
    if (!seen) found.push_back(std::move(keyword));
  }
  return found;
}

void KeywordFinder::count_terms() {
  terms_.assign(words_.terms.size(), {});
  pairs_.clear();
  const std::vector<TextWord>& words = words_.words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const TextWord& word = words[i];
    Term& term = terms_[word.term];
    ++term.count;
    term.capitals += word.capital, term.acronyms += word.acronym;
    if (term.count == 1) term.stop = word.stop, term.number = word.number;
    term.stop = term.stop && word.stop;
    if (term.sentences.empty() || term.sentences.back() != word.sentence) term.sentences.push_back(word.sentence);
    if (i == 0 || !word.joined) continue;
    const std::uint32_t before = words[i - 1].term;
    const std::uint32_t count = ++pairs_[std::uint64_t{before} << 32 | word.term];
    ++terms_[before].right, ++term.left;
    if (count == 1) ++terms_[before].right_kinds, ++term.left_kinds;
  }
}

void KeywordFinder::weigh_terms() {
  double sum = 0, squares = 0, most = 0;
  std::size_t counted = 0;
  for (const Term& term : terms_) {
    most = std::max(most, static_cast<double>(term.count));
    if (term.stop || term.count == 0) continue;
    sum += term.count, squares += static_cast<double>(term.count) * term.count;
    ++counted;
  }
  if (counted == 0) return;
  const double mean = sum / static_cast<double>(counted);
  const double spread = std::sqrt(std::max(0.0, squares / static_cast<double>(counted) - mean * mean));
  const auto part = [](std::uint32_t kinds, std::uint32_t all) { return all == 0 ? 0.0 : double(kinds) / all; };
  for (Term& term : terms_) {
    if (term.count == 0) continue;
    const double count = term.count;
    const double written = std::max(term.capitals, term.acronyms) / (1 + std::log(count));
    const auto& places = term.sentences;
    const double middle = (places[(places.size() - 1) / 2] + places[places.size() / 2]) / 2.0;
    const double early = std::log(std::log(3 + middle));
    const double often = count / (mean + spread);
    const double company = 1 + (part(term.left_kinds, term.left) + part(term.right_kinds, term.right)) * count / most;
    const double spread_out = static_cast<double>(places.size()) / static_cast<double>(words_.sentences.size());
    term.weight = company * early / (written + often / company + spread_out / company);
  }
}

void KeywordFinder::collect_phrases() {
  phrases_.clear();
  std::unordered_map<std::string, std::size_t> known;  // by the bytes of its terms
  const std::vector<TextWord>& words = words_.words;
  std::string key;
  for (std::size_t first = 0; first < words.size(); ++first) {
    if (words[first].stop || words[first].number) continue;
    key.clear();
    for (std::size_t last = first; last < words.size() && last - first < std::size_t(rules_.words_max); ++last) {
      if (last > first && !words[last].joined) break;
      if (words[last].number) break;
      key.append(reinterpret_cast<const char*>(&words[last].term), sizeof words[last].term);
      if (words[last].stop) continue;
      const auto [entry, fresh] = known.try_emplace(key, phrases_.size());
      if (fresh) phrases_.push_back({std::uint32_t(first), std::uint32_t(last - first + 1), 0, 0});
      ++phrases_[entry->second].count;
    }
  }
}

double KeywordFinder::together(std::uint32_t a, std::uint32_t b) const {
  const auto found = pairs_.find(std::uint64_t{a} << 32 | b);
  return found == pairs_.end() ? 0 : found->second;
}

void KeywordFinder::weigh(Phrase& phrase) const {
  double product = 1, sum = 0;
  for (std::uint32_t i = 0; i < phrase.words; ++i) {
    const TextWord& word = words_.words[phrase.first_word + i];
    const Term& term = terms_[word.term];
    if (!word.stop) {
      product *= term.weight, sum += term.weight;
      continue;
    }
    // A small word inside costs the less, the more often its neighbours stand beside it.
    const std::uint32_t before = words_.words[phrase.first_word + i - 1].term;
    const std::uint32_t after = words_.words[phrase.first_word + i + 1].term;
    const double bound =
        together(before, word.term) / terms_[before].count * together(word.term, after) / terms_[after].count;
    product *= 2 - bound, sum -= 1 - bound;
  }
  constexpr double kLeast = 0.05;  // two small words inside would turn the sign
  phrase.weight = product / (phrase.count * std::max(kLeast, 1 + sum));
}

}  // namespace millpond::curate
