#pragma once
// Stretches of texts that were already there before.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::curate {

/// A stretch of a text that repeats an earlier one.
struct Repeat {
  std::int64_t begin = 0, size = 0;  ///< bytes of the text
  std::int64_t first_text = -1;      ///< the number of the text that has it first; -1: not known
  std::int64_t first_begin = 0;      ///< and where in that text

  std::int64_t end() const { return begin + size; }
  /// `later` begins within this one or at its end, and repeats what stands in the same place after the same text.
  bool goes_on_in(const Repeat& later) const {
    return later.begin <= end() && later.first_text == first_text &&
           later.first_begin - first_begin == later.begin - begin;
  }
};

/// Sees all texts, then says of each what it repeats.
///
/// Memory:  what the budget lends; the rest waits in files in the spill folder. Besides: 8 bytes a text, a few MB of
///          buffers, and a few times a 32nd of the budget while sorting.
/// Errors:  kResourceExhausted if the disk is full; kIoError.
/// Threads: one.
class RepeatFinder {
 public:
  virtual ~RepeatFinder() = default;
  /// The next text.
  virtual Status add(std::string_view text, Context& context) = 0;
  /// All texts were added.
  virtual Status finish(Context& context) = 0;
  /// Replaces `repeats` by those of the next text, in the order in which they were added; they do not overlap.
  virtual Status next(std::vector<Repeat>& repeats) = 0;
};

/// Finds every window of `length` bytes that occurs earlier: in an earlier text, or before its own begin in the same
/// one. What a text repeats is the union of its windows that do. A suffix array over all texts finds the same bytes.
///
/// How:     windows with the same content have the same anchor (see anchors.h), so only windows around equal anchors
///          are compared, and those of long repeats as a whole. Windows are compared byte by byte; whole groups of them
///          by two 64-bit hashes.
/// Disk:    1 byte for each byte of text, about 1 more for anchors, and as much for what is found.
/// Errors:  kResourceExhausted also if a text has 4 GiB.
std::unique_ptr<RepeatFinder> make_span_finder(std::size_t length, const std::string& spill_dir, MemoryBudget& budget);

/// What a text is divided into.
struct Pieces {
  bool paragraphs = false;     ///< at empty lines; else at each line break
  std::int64_t bytes_min = 0;  ///< shorter ones, without white space at their ends, repeat nothing
  bool normalise = false;      ///< they are equal but for the case of ASCII letters and the amount of white space
};

/// Finds the lines or paragraphs that an earlier text, or the same one before, has as a whole. Compares 128-bit hashes.
/// Disk: 32 bytes a piece, and 24 bytes for each repeat.
std::unique_ptr<RepeatFinder> make_piece_finder(const Pieces& pieces, const std::string& spill_dir,
                                                MemoryBudget& budget);

/// How a filter remembers rows of words.
struct WordRows {
  int words = 13;                   ///< in a row; 0: the whole piece
  double part_min = 0.8;            ///< of a piece's rows that were seen before: then it is a repeat
  std::int64_t items = 10'000'000;  ///< rows that the filter is made for
  double false_positives = 1e-4;    ///< of such many
};

/// Finds the lines or paragraphs whose rows of words were mostly seen before, by a Bloom filter: in memory of one size,
/// whatever the number of texts, and at the price of repeats that are none. Where a row was first is not known.
/// `finish` notes when more was seen than the filter is made for.
/// Memory: `items` * 1.44 * log2(1 / false_positives) bits. Errors: kResourceExhausted if that is more
/// than 32 MiB and the budget does not lend it.
std::unique_ptr<RepeatFinder> make_word_row_finder(const Pieces& pieces, const WordRows& rows,
                                                   const std::string& spill_dir, MemoryBudget& budget);

}  // namespace millpond::curate
