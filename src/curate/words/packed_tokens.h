#pragma once
// Where the words of a long text are, in about two bytes for each.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "curate/words/english_words.h"

namespace millpond::curate {

/// Keeps for each word the bytes between it and the word before, and its size.
/// Threads: one writes; then any number read.
class PackedTokens {
 public:
  /// Tokens of the block that begins at `offset`; blocks come in order.
  void add(std::size_t offset, const std::vector<WordToken>& tokens);
  std::size_t size() const { return count_; }

  class Reader {
   public:
    Reader(const PackedTokens& tokens, std::string_view text) : tokens_(tokens), text_(text) {}
    bool next(std::string_view& word);

   private:
    std::size_t number();
    const PackedTokens& tokens_;
    const std::string_view text_;
    std::size_t piece_ = 0, byte_ = 0, at_ = 0;
  };

 private:
  std::vector<std::vector<std::uint8_t>> pieces_;  // one a block: nothing is copied as they grow
  std::size_t count_ = 0, at_ = 0;
};

}  // namespace millpond::curate
