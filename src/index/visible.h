#pragma once
// The rows of a segment that a query may see: live and allowed. A condition narrows them further.

#include <bit>
#include <cstdint>
#include <memory>

#include "index/segment_format.h"
#include "millpond/index/search.h"

namespace millpond::index {

struct Visible {
  const SegmentView* segment = nullptr;
  const RowSet* deleted = nullptr;  // null: none
  const RowSet* allowed = nullptr;  // null: all
  bool nothing = false;
  const RowSet* where = nullptr;  // null: all

  bool everything() const { return deleted == nullptr && allowed == nullptr && where == nullptr && !nothing; }
  bool contains(std::uint32_t row) const {
    return !nothing && (deleted == nullptr || !deleted->contains(row)) &&
           (allowed == nullptr || allowed->contains(row)) && (where == nullptr || where->contains(row));
  }
  std::size_t words() const { return (segment->lengths.size() + 63) / 64; }
  std::uint64_t word(std::size_t i) const {
    if (nothing) return 0;
    std::uint64_t bits = deleted == nullptr ? ~std::uint64_t{0} : ~deleted->word(i);
    if (allowed != nullptr) bits &= allowed->word(i);
    if (where != nullptr) bits &= where->word(i);
    const std::size_t left = segment->lengths.size() - i * 64;
    return left < 64 ? bits & ((std::uint64_t{1} << left) - 1) : bits;
  }
};

/// Calls `visit(row)` for every visible row, ascending.
template <class Visit>
void for_each_visible(const Visible& visible, Visit&& visit) {
  for (std::size_t i = 0; i < visible.words(); ++i) {
    for (std::uint64_t bits = visible.word(i); bits != 0; bits &= bits - 1) {
      visit(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
    }
  }
}

}  // namespace millpond::index
