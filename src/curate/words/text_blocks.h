#pragma once
// A long text in blocks that have the same words as the whole.

#include <cstddef>
#include <optional>
#include <string_view>

namespace millpond::curate {

/// Longer texts are looked at in blocks, so that their words take no more memory than those of a block.
inline constexpr std::size_t kBlockedTextBytes = 16 << 20;
inline constexpr std::size_t kBlockBytes = 1 << 20;
/// What has no place to cut it within so many bytes is no text; its code points would take 12 bytes for each of it.
inline constexpr std::size_t kUncutBytesMax = 64 << 20;

enum class CutAt : unsigned char {
  kGaps,   ///< white space other than one blank, or a blank after a word that no rule of words joins with others
  kWords,  ///< only after such words: also the plain form of the text, where all white space is one blank, can be cut
};

/// Cuts where no rule of words looks across: the tokens of the blocks, one after the other, are those of the text.
///
/// Shape:   blocks that follow each other without gaps, each of about `block_bytes` and ending in white space, but for
///          the last. A longer one has no place where it could be cut.
/// Threads: one.
class TextBlocks {
 public:
  explicit TextBlocks(std::string_view text, CutAt where = CutAt::kGaps, std::size_t block_bytes = kBlockBytes)
      : rest_(text), where_(where), block_bytes_(block_bytes) {}
  std::optional<std::string_view> next();

 private:
  bool cuts_after(std::size_t space) const;

  std::string_view rest_;
  const CutAt where_;
  const std::size_t block_bytes_;
};

/// Whether every block is short enough for its words to be looked at.
bool can_be_cut(std::string_view text);

}  // namespace millpond::curate
