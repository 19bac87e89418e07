#pragma once
// The tokenizer behind millpond/model/tokenizer.h.

#include <array>
#include <string>
#include <vector>

#include "millpond/model/tokenizer.h"
#include "model/tokenizer/scan.h"
#include "model/tokenizer/word_trie.h"

namespace millpond::model {

struct WordPieceSettings {
  std::int32_t unk = 0, cls = 0, sep = 0, pad = 0;
  std::int32_t vocabulary_size = 0;
  std::int32_t max_length = 512;
  std::vector<SpecialToken> specials;
  std::string fingerprint;
};

class WordPiece final : public Tokenizer {
 public:
  WordPiece(WordTrie trie, WordPieceSettings settings);

  void encode(std::string_view text, std::vector<std::int32_t>& ids) const override;
  void encode_with_offsets(std::string_view text, std::vector<std::int32_t>& ids,
                           std::vector<TokenSpan>& spans) const override;
  std::int64_t count(std::string_view text) const override;
  void words(std::string_view text, std::vector<Word>& words) const override;
  std::int32_t cls() const override { return settings_.cls; }
  std::int32_t sep() const override { return settings_.sep; }
  std::int32_t pad() const override { return settings_.pad; }
  std::int32_t unk() const override { return settings_.unk; }
  std::int32_t vocabulary_size() const override { return settings_.vocabulary_size; }
  std::int32_t max_length() const override { return settings_.max_length; }
  std::string fingerprint() const override { return settings_.fingerprint; }

  /// The longest pieces of a normalised word from the left: calls `piece(id, first byte, end byte)` for each.
  /// False, possibly after some calls, if a part is not in the vocabulary: the word is then one unknown token.
  template <class Piece>
  bool match(const unsigned char* word, std::uint32_t size, Piece piece) const;
  /// The number of tokens of a normalised word (or of an ASCII word in any case).
  int count_word(const unsigned char* word, std::uint32_t size) const;
  std::int32_t mark_id(char32_t cp) const;
  std::int32_t ascii_mark_id(unsigned char byte) const { return ascii_mark_ids_[byte]; }
  std::int32_t unknown() const { return settings_.unk; }

 private:
  WordTrie trie_;
  WordPieceSettings settings_;
  Scanner scanner_;
  std::array<unsigned char, 256> lower_;  // of ASCII; other bytes as they are
  std::array<std::int32_t, 128> ascii_mark_ids_;
};

template <class Piece>
bool WordPiece::match(const unsigned char* word, std::uint32_t size, Piece piece) const {
  std::uint32_t root = trie_.word_root();
  for (std::uint32_t begin = 0; begin < size;) {
    std::uint32_t node = root, end = begin, longest = 0;
    for (std::uint32_t i = begin; i < size; ++i) {
      node = trie_.step(node, lower_[word[i]]);
      if (node == 0) break;
      if (trie_.accepts(node)) longest = node, end = i + 1;
    }
    if (longest == 0) return false;
    piece(trie_.id(longest), begin, end);
    begin = end;
    root = trie_.continuation_root();
  }
  return true;
}

}  // namespace millpond::model
