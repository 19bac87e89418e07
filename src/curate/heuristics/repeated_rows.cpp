#include "curate/heuristics/repeated_rows.h"

#include "curate/words/byte_hash.h"

namespace millpond::curate {
namespace {
constexpr std::size_t kAhead = 12;  // rows whose places are fetched before they are looked at
}

void RepeatedRows::begin(const std::vector<std::uint64_t>& words) {
  size_ = 2;
  const std::size_t rows = words.size() < 2 ? 0 : words.size() - 1;
  starts_.resize(rows), ids_.resize(rows), again_.resize(rows);
  ranks_.begin(rows);
  times_.assign(rows, 0);
  const auto hash = [&](std::size_t i) { return multiplied(words[i] ^ kHashLeft, words[i + 1] ^ kHashRight); };
  for (std::size_t i = 0; i < rows; ++i) {
    ranks_.fetch(hash(std::min(i + kAhead, rows - 1)));
    starts_[i] = static_cast<std::uint32_t>(i);
    ids_[i] = ranks_.rank_of(hash(i));
    again_[i] = times_[ids_[i]]++ > 0;
  }
}

void RepeatedRows::lengthen() {
  ++size_;
  ranks_.begin(starts_.size());
  std::vector<std::uint32_t>& times = times_;
  std::size_t kept = 0;
  // What is overwritten is behind what is read: `kept` is never beyond `k`.
  for (std::size_t k = 0; k + 1 < starts_.size(); ++k) {
    const std::uint32_t left = ids_[k], right = ids_[k + 1];
    if (starts_[k + 1] != starts_[k] + 1 || times[left] < 2 || times[right] < 2) continue;
    starts_[kept] = starts_[k];
    ids_[kept++] = ranks_.rank_of(multiplied(left + kHashLeft, (right + kHashRight) * kHashOdd));
  }
  starts_.resize(kept), ids_.resize(kept), again_.resize(kept);
  times_.assign(kept, 0);
  for (std::size_t k = 0; k < kept; ++k) again_[k] = times_[ids_[k]]++ > 0;
}

std::uint32_t RepeatedRows::top() const {
  std::uint32_t most = 1, first = 0;
  for (std::size_t k = 0; k < starts_.size(); ++k) {
    if (again_[k] || times_[ids_[k]] <= most) continue;
    most = times_[ids_[k]];
    first = starts_[k];
  }
  return first;
}

}  // namespace millpond::curate
