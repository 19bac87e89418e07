#pragma once
// The words and phrases that say what a text is about, by the text alone.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "curate/enrich/text_words.h"

namespace millpond::curate {

struct Keyword {
  std::string text;  ///< as it stands where it comes first
  double score = 0;  ///< 0 to 1, higher is better
};

struct KeywordRules {
  int count = 10;
  int words_max = 3;      ///< of a phrase
  double likeness = 0.8;  ///< a keyword more like a better one is passed over: 1 - edit distance / longer one
  std::string language = "auto";
};

/// Weighs words by how they are written (capitals, acronyms), how early and how often they come, in how many
/// sentences, and beside how many different words; a phrase by its words and how often it comes.
///
/// Source:  Campos et al., YAKE! Keyword extraction from single documents using multiple local features, 2020.
/// Cost:    linear in the text; about 10 MB/s.
/// Threads: one.
class KeywordFinder {
 public:
  explicit KeywordFinder(KeywordRules rules) : rules_(std::move(rules)) {}
  /// Best first; equal ones in the order of the text.
  std::vector<Keyword> find(std::string_view text);
  const TextWords& words() const { return words_; }

 private:
  struct Term {
    std::uint32_t count = 0, capitals = 0, acronyms = 0;
    std::vector<std::uint32_t> sentences;  // each once
    std::uint32_t left = 0, right = 0, left_kinds = 0, right_kinds = 0;
    bool stop = false, number = false;
    double weight = 0;
  };
  struct Phrase {
    std::uint32_t first_word = 0, words = 0, count = 0;
    double weight = 0;  // lower is better
  };

  void count_terms();
  void weigh_terms();
  void collect_phrases();
  void weigh(Phrase& phrase) const;
  double together(std::uint32_t a, std::uint32_t b) const;

  const KeywordRules rules_;
  TextWords words_;
  std::vector<Term> terms_;
  std::unordered_map<std::uint64_t, std::uint32_t> pairs_;  // terms that stand side by side, and how often
  std::vector<Phrase> phrases_;
};

/// 1 - the edit distance of code units / the length of the longer one, without regard to the case of ASCII letters.
double likeness(std::string_view a, std::string_view b);

}  // namespace millpond::curate
