#pragma once
// What was found in all texts joined, put back into the order of the texts.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/byte_spool.h"

namespace millpond::curate {

/// Where each text begins when all are joined.
class TextStarts {
 public:
  /// The next text; where it begins.
  std::uint64_t add(std::size_t size) {
    starts_.push_back(starts_.back() + size);
    return starts_[starts_.size() - 2];
  }
  std::uint64_t total() const { return starts_.back(); }
  std::uint64_t begin_of(std::size_t text) const { return starts_[text]; }
  std::uint64_t end_of(std::size_t text) const { return starts_[text + 1]; }
  /// The number of the text that has the byte at `place`.
  std::size_t text_of(std::uint64_t place) const {
    return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), place) - starts_.begin()) - 1;
  }

 private:
  std::vector<std::uint64_t> starts_{0};  // and the end of the last
};

/// Something at `begin` that is at `first` before.
struct Found {
  std::uint64_t begin, first, size;
};

/// Added in any order, taken in the order of `begin`; in parts on disk, one of them sorted at a time.
/// Threads: one.
class FoundPlaces {
 public:
  FoundPlaces(std::string spill_dir, MemoryBudget& budget) : spill_dir_(std::move(spill_dir)), budget_(&budget) {}

  /// `total`: all `begin` are less; `share_bytes`: about as much memory for one part.
  void open(std::uint64_t total, std::int64_t share_bytes) {
    const std::uint64_t ranges = std::clamp<std::uint64_t>(total / static_cast<std::uint64_t>(share_bytes), 1, 256);
    range_bytes_ = total / ranges + 1;
    for (std::uint64_t i = 0; i < ranges; ++i) ranges_.emplace_back(spill_dir_, *budget_);
  }
  Status add(const Found& found) { return ranges_[found.begin / range_bytes_].append(found); }

  /// The next one that begins before `end`; null if there is none. Valid until the next call.
  Result<const Found*> next(std::uint64_t end) {
    while (at_ == sorted_.size() && range_ < ranges_.size() && range_ * range_bytes_ < end) MP_TRY(load());
    if (at_ == sorted_.size() || sorted_[at_].begin >= end) return nullptr;
    return &sorted_[at_++];
  }

 private:
  Status load() {
    MP_TRY(ranges_[range_].read(0, ranges_[range_].size(), sorted_));
    ranges_[range_++].clear();
    at_ = 0;
    std::sort(sorted_.begin(), sorted_.end(), [](const Found& a, const Found& b) { return a.begin < b.begin; });
    return {};
  }

  const std::string spill_dir_;
  MemoryBudget* budget_;
  std::vector<RecordSpool<Found>> ranges_;
  std::uint64_t range_bytes_ = 1;
  std::vector<Found> sorted_;
  std::size_t range_ = 0, at_ = 0;
};

/// What a pass may sort at once, whatever else the budget was lent for.
inline std::int64_t sorting_share_bytes(const MemoryBudget& budget) {
  return std::max<std::int64_t>(16 << 10, budget.limit_bytes() / 32);
}

}  // namespace millpond::curate
