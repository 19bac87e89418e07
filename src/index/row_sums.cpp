#include "index/row_sums.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace millpond::index {
namespace {

// Below any part of a score: a row that was touched has a sum.
constexpr float kLeast = 1e-30F;
// Looking up a row in the postings of a term costs as much as adding so many of them.
constexpr std::uint64_t kLookUpCost = 8;

float part_of(const TermWeight& term, std::uint32_t count, std::uint32_t length) {
  const auto tf = static_cast<float>(static_cast<std::int32_t>(count & 0x7FFFFFFF));
  const auto words = static_cast<float>(static_cast<std::int32_t>(length & 0x7FFFFFFF));
  const auto weight = static_cast<float>(term.weight), base = static_cast<float>(term.norm_base),
             slope = static_cast<float>(term.norm_slope);
  const float part = weight * tf / (tf + base + slope * words);
  return part > kLeast ? part : kLeast;
}

}  // namespace

void RowSums::start(std::uint32_t first_row) {
  for (std::uint32_t i = 0; i < touched_count_; ++i) sums_[touched_[i]] = 0;
  touched_count_ = kept_count_ = 0;
  keeping_ = false;
  first_row_ = first_row;
}

template <bool kToKept>
void RowSums::add_all(PostingsCursor& cursor, const TermWeight& term) {
  const std::uint64_t end = std::uint64_t{first_row_} + kRows;
  std::array<float, kRowsInBlock> parts;
  while (cursor.row() < end) {
    const std::span<const std::uint32_t> rows = cursor.decoded_rows(), counts = cursor.decoded_counts();
    const auto size = rows.back() < end
                          ? rows.size()
                          : static_cast<std::size_t>(std::lower_bound(rows.begin(), rows.end(), end) - rows.begin());
    for (std::size_t i = 0; i < size; ++i) parts[i] = part_of(term, counts[i], lengths_[rows[i]]);
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint32_t at = rows[i] - first_row_;
      if constexpr (kToKept) {
        sums_[at] += sums_[at] == 0 ? 0 : parts[i];
      } else {
        touched_[touched_count_] = static_cast<std::uint16_t>(at);
        touched_count_ += sums_[at] == 0 ? 1 : 0;
        sums_[at] += parts[i];
      }
    }
    cursor.skip(static_cast<std::uint32_t>(size));
  }
}

void RowSums::add(PostingsCursor& cursor, const TermWeight& term) { add_all<false>(cursor, term); }

void RowSums::add_to_kept(PostingsCursor& cursor, const TermWeight& term) {
  const std::uint64_t here = std::uint64_t{cursor.rows()} * kRows / std::max<std::size_t>(lengths_.size(), 1);
  if (here < kept_count_ * kLookUpCost) {
    cursor.seek(first_row_);
    add_all<true>(cursor, term);
    return;
  }
  for (const std::uint16_t at : sorted()) {
    const std::uint32_t row = first_row_ + at;
    cursor.seek(row);
    if (cursor.row() == row) sums_[at] += part_of(term, cursor.count(), lengths_[row]);
  }
}

float RowSums::largest(std::size_t rank) const {
  std::vector<float> sums;
  if (rank > kept_count_ / 8) {
    for (std::uint32_t i = 0; i < kept_count_; ++i) sums.push_back(sums_[kept_[i]]);
    const auto at = sums.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
    std::nth_element(sums.begin(), at, sums.end(), std::greater<>());
    return *at;
  }
  for (std::uint32_t i = 0; i < kept_count_; ++i) {  // the largest, the least of them first
    const float sum = sums_[kept_[i]];
    if (sums.size() == rank && !(sum > sums.front())) continue;
    if (sums.size() == rank) {
      std::pop_heap(sums.begin(), sums.end(), std::greater<>());
      sums.pop_back();
    }
    sums.push_back(sum);
    std::push_heap(sums.begin(), sums.end(), std::greater<>());
  }
  return sums.front();
}

std::span<const std::uint16_t> RowSums::sorted() {
  const std::span<std::uint16_t> rows(kept_.data(), kept_count_);
  if (!std::is_sorted(rows.begin(), rows.end())) std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace millpond::index
