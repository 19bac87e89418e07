#pragma once
// What the filters of Gopher and FineWeb measure of a text that is too long for arrays of its words.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/quality/text_signals.h"
#include "curate/words/text_blocks.h"
#include "curate/words/word_rules.h"

namespace millpond::curate {

struct LongGopher {
  GopherQuality quality;
  Repetition repetition;
  std::size_t chars = 0;
};

/// The same values as of a short text, in memory of about the text's size. `can_be_cut` has to hold.
/// Threads: one.
LongGopher gopher_of_long(std::string_view text, WordSplitter& words, const std::vector<std::string>& stop_words,
                          std::size_t block_bytes = kBlockBytes);

/// `words`: the text's; `count_long_words` counts them.
FinewebSignals fineweb_of_long(std::string_view text, std::int64_t words, std::int64_t short_line_chars,
                               std::size_t block_bytes = kBlockBytes);
std::size_t count_long_words(std::string_view text, WordSplitter& words, std::size_t block_bytes = kBlockBytes);

}  // namespace millpond::curate
