#pragma once
// How much of a long text repeats itself: the values of `RepetitionMeter`, in memory of about the text's size.

#include <cstddef>
#include <string_view>

#include "curate/quality/repetition.h"
#include "curate/words/packed_tokens.h"

namespace millpond::curate {

/// Goes over the words once for each measure, instead of keeping hashes of all of them. What cannot occur twice is
/// found with small counters, and only the rest is remembered. Memory:  one byte for each word, and 11 to 30 for each
/// row of words that repeats; half as much as the text in prose. Threads: any.
Repetition repetition_of_long(std::string_view text, const PackedTokens& words, std::size_t chars, RowsBy rows);

/// The same of pieces of the text alone: how many came before, and their code points.
struct RepeatedPieces {
  std::int64_t pieces = 0, repeated = 0, repeated_chars = 0;
};
/// Pieces between runs of at least `least` newlines.
RepeatedPieces repeated_pieces(std::string_view text, std::size_t least);

}  // namespace millpond::curate
