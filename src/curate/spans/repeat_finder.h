#pragma once
// Stretches of texts that were already there before: exact substring deduplication in bounded memory.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::curate {

/// A stretch of a text that repeats an earlier one, byte for byte.
struct Repeat {
  std::int64_t begin = 0, size = 0;  ///< bytes of the text
  std::int64_t first_text = 0;       ///< the number of the text that has it first
  std::int64_t first_begin = 0;      ///< and where in that text

  std::int64_t end() const { return begin + size; }
  /// `later` begins within this one or at its end, and repeats what stands in the same place after the same text.
  bool goes_on_in(const Repeat& later) const {
    return later.begin <= end() && later.first_text == first_text &&
           later.first_begin - first_begin == later.begin - begin;
  }
};

/// Finds every window of `length` bytes that occurs earlier: in an earlier text, or before its own begin in the same
/// one. What a text repeats is the union of its windows that do. A suffix array over all texts finds the same bytes.
///
/// How:     windows with the same content have the same anchor (see anchors.h), so only windows around equal anchors
///          are compared, and those of long repeats as a whole. Windows are compared byte by byte; whole groups of them
///          by two 64-bit hashes.
/// Memory:  of what the budget lends; the rest waits in files in `spill_dir` (1 byte for each byte of text, about 1
///          more for anchors, and as much for what is found). Besides: 8 bytes a text, about 10 MB of buffers, and a
///          sixteenth of the budget while sorting.
/// Errors:  kResourceExhausted if a text has 4 GiB or the disk is full; kIoError.
/// Threads: one.
class RepeatFinder {
 public:
  RepeatFinder(std::size_t length, std::string spill_dir, MemoryBudget& budget);
  ~RepeatFinder();

  /// The next text.
  Status add(std::string_view text, Context& context);
  /// All texts were added.
  Status finish(Context& context);
  /// Replaces `repeats` by those of the next text, in the order in which they were added; they do not overlap.
  Status next(std::vector<Repeat>& repeats);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millpond::curate
