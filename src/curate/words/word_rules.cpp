#include "curate/words/word_rules.h"

#include "curate/words/simple_words.h"

namespace millpond::curate {
Option word_rules_option() {
  return Option("word_rules", "english", "`english`: spaCy's rules, as datatrove has them; `simple`: faster.")
      .one_of({"english", "simple"});
}

WordRules word_rules_from(std::string_view name) { return name == "simple" ? WordRules::kSimple : WordRules::kEnglish; }

void WordSplitter::split(std::string_view text, std::vector<WordToken>& tokens) {
  // A long text would have its tokens copied from vector to vector, each time beside the old ones.
  constexpr std::size_t kLongText = 16 << 20, kLeastWordBytes = 4;
  if (text.size() > kLongText) tokens.reserve(text.size() / kLeastWordBytes);
  if (english_) return english_->split(text, tokens);
  split_simple_words(text, tokens, fastest_simple_words());
}

}  // namespace millpond::curate
