#include <bit>

#include "millpond/index/search.h"

namespace millpond::index {

RowSet::RowSet(std::int64_t rows, bool full)
    : words_(static_cast<std::size_t>((rows + 63) / 64), full ? ~std::uint64_t{0} : 0) {
  if (full && rows % 64 != 0) words_.back() = (std::uint64_t{1} << (rows % 64)) - 1;
}

RowSet RowSet::of(std::span<const std::int64_t> rows) {
  RowSet set;
  for (const std::int64_t row : rows) set.insert(row);
  return set;
}

void RowSet::insert(std::int64_t row) {
  const auto word = static_cast<std::size_t>(row) / 64;
  if (word >= words_.size()) words_.resize(word + 1, 0);
  words_[word] |= std::uint64_t{1} << (row % 64);
}

void RowSet::erase(std::int64_t row) {
  const auto word = static_cast<std::size_t>(row) / 64;
  if (word < words_.size()) words_[word] &= ~(std::uint64_t{1} << (row % 64));
}

void RowSet::set_word(std::size_t i, std::uint64_t bits) {
  if (i >= words_.size()) words_.resize(i + 1, 0);
  words_[i] = bits;
}

std::int64_t RowSet::size() const {
  std::int64_t count = 0;
  for (const std::uint64_t word : words_) count += std::popcount(word);
  return count;
}

}  // namespace millpond::index
