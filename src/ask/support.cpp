#include "ask/support.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace millpond::ask {
namespace {

constexpr double kSameMeaning = 0.75;  // cosine from which a sentence may use words of its own
constexpr double kOwnWords = 0.25;     // how much of the share that may replace
constexpr double kCloseEnough = 0.75;  // share of words from which two sentences are about the same, for negations

// "1,000" and "1000", "12 %" and "12%" are one number; "12" and "12.5" are not.
std::set<std::string> numbers_of(std::string_view text) {
  std::set<std::string> numbers;
  for (std::size_t i = 0; i < text.size();) {
    if (!std::isdigit(static_cast<unsigned char>(text[i]))) {
      ++i;
      continue;
    }
    std::string number;
    while (i < text.size()) {
      const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
      const bool digit_next = i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0;
      if (digit) {
        number.push_back(text[i]);
      } else if ((text[i] == '.' || text[i] == ':') && digit_next) {
        number.push_back(text[i]);
      } else if (!(text[i] == ',' && digit_next)) {
        break;
      }
      ++i;
    }
    numbers.insert(number);
  }
  return numbers;
}

bool negates(index::Analyzer& analyzer, std::string_view text) {
  static constexpr std::array<std::string_view, 15> kNegations = {"not",     "no",   "never",   "cannot",  "none",
                                                                  "neither", "nor",  "without", "nothing", "nobody",
                                                                  "nicht",   "kein", "keine",   "nie",     "ohne"};
  std::vector<index::Token> tokens;
  analyzer.analyze(text, tokens);
  return std::any_of(tokens.begin(), tokens.end(), [&](const index::Token& token) {
    std::string word(text.substr(token.begin, token.end - token.begin));
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return word.ends_with("n't") || word.ends_with("n\u2019t") ||
           std::find(kNegations.begin(), kNegations.end(), word) != kNegations.end();
  });
}

double share_of(std::span<const std::uint32_t> wanted, std::span<const std::uint32_t> held) {
  if (wanted.empty()) return 1;
  std::vector<std::uint32_t> both;
  std::set_intersection(wanted.begin(), wanted.end(), held.begin(), held.end(), std::back_inserter(both));
  return static_cast<double>(both.size()) / static_cast<double>(wanted.size());
}

std::string passage_text(const Passage& passage) {
  std::string text = passage.title;
  for (const std::string& heading : passage.heading_path) text.append("\n").append(heading);
  return text.append("\n").append(passage.text);
}

struct Best {
  double share = 0;
  std::size_t sentence = 0;
  float cosine = 0;
};

}  // namespace

Support support_of(index::Analyzer& analyzer, std::string_view written, std::span<const int> cited,
                   std::span<const Passage> passages, std::span<const Sentence> sentences,
                   std::span<const float> similarity, double support_min) {
  Support support;
  if (cited.empty()) {
    support.flaw = Flaw::kNoCitation;
    return support;
  }
  const std::vector<std::uint32_t> wanted = content_terms(analyzer, written);
  std::string all;
  for (const int p : cited) all.append(passage_text(passages[static_cast<std::size_t>(p)])).append("\n");
  const std::vector<std::uint32_t> held = content_terms(analyzer, all);
  support.share = share_of(wanted, held);

  std::vector<Best> best;  // sentences of the cited passages by what they hold
  float cosine = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (std::find(cited.begin(), cited.end(), sentences[i].passage) == cited.end()) continue;
    const float c = similarity.empty() ? 0 : similarity[i];
    cosine = std::max(cosine, c);
    best.push_back({share_of(wanted, sentences[i].terms), i, c});
  }
  std::stable_sort(best.begin(), best.end(),
                   [](const Best& a, const Best& b) { return a.share + a.cosine > b.share + b.cosine; });
  for (std::size_t i = 0; i < best.size() && i < 2; ++i) {
    if (i > 0 && best[i].share + best[i].cosine < 0.75 * (best[0].share + best[0].cosine)) break;
    const Sentence& sentence = sentences[best[i].sentence];
    support.quotes.push_back({sentence.passage, sentence.span.begin, sentence.span.end});
  }
  if (cosine >= kSameMeaning) support.share = support.share + kOwnWords * (1 - support.share);

  const std::set<std::string> numbers = numbers_of(all);
  for (const std::string& number : numbers_of(written)) {
    if (numbers.contains(number)) continue;
    support.flaw = Flaw::kNumber;
    support.detail = number;
    return support;
  }
  for (const index::Token& name : names_of(analyzer, written)) {
    if (std::binary_search(held.begin(), held.end(), name.term)) continue;
    support.flaw = Flaw::kName;
    support.detail = written.substr(name.begin, name.end - name.begin);
    return support;
  }
  if (support.share < support_min) {
    support.flaw = Flaw::kWords;
    for (const std::uint32_t term : wanted) {
      if (std::binary_search(held.begin(), held.end(), term)) continue;
      support.detail.append(support.detail.empty() ? "" : ", ").append(analyzer.term(term));
    }
    return support;
  }
  // Only a sentence that says nearly the same can be the one that is denied.
  if (!best.empty() && best[0].share >= kCloseEnough) {
    const Sentence& sentence = sentences[best[0].sentence];
    const std::string_view text = std::string_view(passages[static_cast<std::size_t>(sentence.passage)].text)
                                      .substr(sentence.span.begin, sentence.span.end - sentence.span.begin);
    if (negates(analyzer, text) != negates(analyzer, written)) {
      support.flaw = Flaw::kNegation;
      support.detail = text;
    }
  }
  return support;
}

}  // namespace millpond::ask
