#pragma once
// Terms of a dictionary in the order of their bytes.

#include <string>
#include <string_view>

#include "index/bytes.h"
#include "index/segment_format.h"

namespace millpond::index {

/// Threads: one an instance.
class TermWalk {
 public:
  /// Begins at the first term that is not before `from`.
  TermWalk(const SegmentView& segment, std::string_view from);
  /// Goes to the next term. False behind the last, and where the dictionary cannot be read.
  bool next();
  const std::string& term() const { return term_; }
  const TermEntry& entry() const { return entry_; }

 private:
  bool step();
  const SegmentView* segment_;
  std::string from_, term_;
  ByteReader in_;
  TermEntry entry_;
  std::uint64_t offset_ = 0;
  bool begun_ = false;
};

/// Whether two words differ by at most `edits` letters put in, left out, replaced, or swapped with their neighbour.
/// Words of other alphabets count by code points.
bool within_edits(std::u32string_view a, std::u32string_view b, int edits);
std::u32string code_points(std::string_view utf8);

}  // namespace millpond::index
