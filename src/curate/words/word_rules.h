#pragma once
// Which words a text has: by the reference's rules, or by simple ones that are several times faster.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "curate/words/english_words.h"
#include "millpond/options.h"

namespace millpond::curate {

enum class WordRules : unsigned char {
  kEnglish,  ///< spaCy's English rules: the same decisions as datatrove
  kSimple,   ///< between white space, punctuation at the ends apart
};

/// The option `word_rules` of an operator.
Option word_rules_option();
WordRules word_rules_from(std::string_view name);

/// Threads: one.
class WordSplitter {
 public:
  explicit WordSplitter(WordRules rules) : rules_(rules) {
    if (rules == WordRules::kEnglish) english_.emplace();
  }
  /// Replaces `tokens` by those of `text`.
  void split(std::string_view text, std::vector<WordToken>& tokens);
  WordRules rules() const { return rules_; }

 private:
  WordRules rules_;
  std::optional<EnglishWords> english_;
};

}  // namespace millpond::curate
