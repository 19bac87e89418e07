#pragma once
// Which hashes were there before: a table that is not cleared from one set of hashes to the next.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millpond::curate {

/// Gives each hash its rank in the order in which the different ones came. Places hold ranks counted over all sets, so
/// that those of earlier sets are known to be free. At most a quarter of the places is taken.
/// Threads: one.
class HashRanks {
 public:
  /// Begins a set of at most `count` different hashes; below 2^30.
  void begin(std::size_t count) {
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(64, count * 4));
    base_ += used_;
    used_ = 0;
    if (size > places_.size() || base_ > UINT32_MAX - size) {
      places_.assign(std::max(size, places_.size()), 0);
      base_ = 0;
    }
    if (hashes_.size() < count) hashes_.resize(count);
    shift_ = 64 - std::countr_zero(size);
    mask_ = size - 1;
  }
  /// The rank; equal to what `size` was before if the hash is new. Its upper bits have to be good ones.
  std::uint32_t rank_of(std::uint64_t hash) {
    std::size_t at = hash >> shift_;
    for (std::uint32_t place; (place = places_[at]) > base_; at = (at + 1) & mask_) {
      if (hashes_[place - base_ - 1] == hash) return place - base_ - 1;
    }
    places_[at] = base_ + used_ + 1;
    hashes_[used_] = hash;
    return used_++;
  }
  /// Has the place of a hash brought near that is to be looked up soon.
  void fetch(std::uint64_t hash) const { __builtin_prefetch(&places_[hash >> shift_]); }
  std::uint32_t size() const { return used_; }
  bool insert(std::uint64_t hash) {
    const std::uint32_t before = used_;
    return rank_of(hash) == before;
  }

 private:
  std::vector<std::uint32_t> places_;
  std::vector<std::uint64_t> hashes_;  // by rank
  std::uint32_t base_ = 0, used_ = 0;
  std::size_t mask_ = 0;
  int shift_ = 0;
};

}  // namespace millpond::curate
