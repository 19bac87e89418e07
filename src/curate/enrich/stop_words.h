#pragma once
// Words that say nothing about a subject, by language.

#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace millpond::curate {

/// The small words of one language, in lower case: articles, pronouns, prepositions, auxiliaries, numerals.
struct StopWords {
  std::string_view language;  ///< ISO 639-1
  std::unordered_set<std::string_view> words;
  bool has(std::string_view lower) const { return words.count(lower) > 0; }
};

/// The languages that there are lists of: de, en, es, fr, it, nl, pt, ru. Threads: immutable.
std::span<const StopWords> stop_word_lists();

/// The list of that language, or null.
const StopWords* stop_words_of(std::string_view language);

/// The list that the most of `words` are in; null if that is less than one in ten.
const StopWords* stop_words_for(const std::vector<std::string_view>& lower_words);

}  // namespace millpond::curate
