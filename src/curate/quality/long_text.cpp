#include "curate/quality/long_text.h"

#include <algorithm>

#include "curate/quality/lines.h"
#include "curate/quality/long_repetition.h"
#include "curate/words/byte_hash.h"
#include "curate/words/hash_set.h"

namespace millpond::curate {
namespace {

/// Calls `use` with blocks of whole lines; each ends with its newline but for the last.
template <class Use>
void each_block_of_lines(std::string_view text, std::size_t block_bytes, Use&& use) {
  while (!text.empty()) {
    const std::size_t newline = text.size() > block_bytes ? text.find('\n', block_bytes) : std::string_view::npos;
    const std::size_t size = newline == std::string_view::npos ? text.size() : newline + 1;
    use(text.substr(0, size));
    text.remove_prefix(size);
  }
}

std::size_t count_long_chars(std::string_view text) {
  constexpr std::size_t kPiece = std::size_t{1} << 30;  // counts of 32 bits
  std::size_t chars = 0;
  for (; !text.empty(); text.remove_prefix(std::min(kPiece, text.size()))) chars += count_chars(text.substr(0, kPiece));
  return chars;
}

}  // namespace

LongGopher gopher_of_long(std::string_view text, WordSplitter& words, const std::vector<std::string>& stop_words,
                          std::size_t block_bytes) {
  LongGopher found;
  found.chars = count_long_chars(text);
  GopherCounter counter(stop_words);
  PackedTokens packed;
  {
    std::vector<WordToken> tokens;
    std::vector<std::string_view> lines;
    TextBlocks blocks(text, CutAt::kGaps, block_bytes);
    while (const auto block = blocks.next()) {
      words.split(*block, tokens);
      counter.add_words(*block, tokens);
      packed.add(static_cast<std::size_t>(block->data() - text.data()), tokens);
    }
    each_block_of_lines(text, block_bytes, [&](std::string_view block) { counter.add_lines(block, lines); });
  }
  found.quality = counter.finish();
  found.repetition = repetition_of_long(text, packed, found.chars, rows_by(words.rules()));
  return found;
}

std::size_t count_long_words(std::string_view text, WordSplitter& words, std::size_t block_bytes) {
  std::vector<WordToken> tokens;
  std::size_t count = 0;
  TextBlocks blocks(text, CutAt::kGaps, block_bytes);
  while (const auto block = blocks.next()) {
    words.split(*block, tokens);
    count += tokens.size();
  }
  return count;
}

FinewebSignals fineweb_of_long(std::string_view text, std::int64_t words, std::int64_t short_line_chars,
                               std::size_t block_bytes) {
  FinewebLines counted;
  HashSet seen;
  std::vector<std::string_view> lines;
  std::int64_t newlines = 0, repeated_chars = 0;
  each_block_of_lines(text, block_bytes, [&](std::string_view block) {
    split_newlines(block, lines);
    newlines += static_cast<std::int64_t>(lines.size()) - 1;
    std::erase_if(lines, [](std::string_view line) { return stripped_left(line).empty(); });
    counted.add(lines, short_line_chars);
    for (const std::string_view line : lines) {
      if (!seen.insert(hash_bytes(line))) repeated_chars += count_chars(line);
    }
  });
  return counted.finish(words, newlines, repeated_chars, static_cast<std::int64_t>(count_long_chars(text)));
}

}  // namespace millpond::curate
