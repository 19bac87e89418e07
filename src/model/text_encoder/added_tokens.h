#pragma once
// Tokens that are found in the text before anything else: <s>, [MASK], and those that a user added.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/text_encoder/char_kinds.h"
#include "model/tokenizer/word_trie.h"

namespace millpond::model {

struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false, lstrip = false, rstrip = false, normalized = false, special = false;
};

/// A part of a text: a token, or text between tokens (id -1).
struct TextPart {
  std::size_t begin, end;
  std::int32_t id;
};

/// Finds the leftmost, longest tokens. Threads: immutable once made.
class AddedTokens {
 public:
  AddedTokens(std::vector<AddedToken> tokens, const CharKinds& kinds);
  bool empty() const { return tokens_.empty(); }
  /// Replaces `parts`; empty texts are left out.
  void split(std::string_view text, std::vector<TextPart>& parts) const;

 private:
  bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) const;
  const std::vector<AddedToken> tokens_;
  const CharKinds& kinds_;
  const WordTrie trie_;
  bool first_[256] = {};
};

}  // namespace millpond::model
