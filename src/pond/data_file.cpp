#include "millpond/pond/data_file.h"

#include <algorithm>
#include <iterator>

namespace millpond::pond {
namespace {

Positions from_sorted(std::vector<std::int64_t> values) { return Positions(std::move(values)); }

}  // namespace

Positions::Positions(std::vector<std::int64_t> positions) : values_(std::move(positions)) {
  const auto not_above = [](std::int64_t a, std::int64_t b) { return a >= b; };
  if (std::adjacent_find(values_.begin(), values_.end(), not_above) == values_.end()) return;
  std::sort(values_.begin(), values_.end());
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
}

bool Positions::contains(std::int64_t position) const {
  return std::binary_search(values_.begin(), values_.end(), position);
}

Positions Positions::united(const Positions& other) const {
  std::vector<std::int64_t> out;
  out.reserve(values_.size() + other.values_.size());
  std::set_union(values_.begin(), values_.end(), other.values_.begin(), other.values_.end(), std::back_inserter(out));
  return from_sorted(std::move(out));
}

Positions Positions::without(const Positions& other) const {
  std::vector<std::int64_t> out;
  std::set_difference(values_.begin(), values_.end(), other.values_.begin(), other.values_.end(),
                      std::back_inserter(out));
  return from_sorted(std::move(out));
}

Positions Positions::complement(std::int64_t rows) const {
  std::vector<std::int64_t> out;
  auto next = values_.begin();
  for (std::int64_t row = 0; row < rows; ++row) {
    if (next != values_.end() && *next == row)
      ++next;
    else
      out.push_back(row);
  }
  return from_sorted(std::move(out));
}

}  // namespace millpond::pond
