#pragma once
// A set of hashes that grows in small steps: for texts whose words do not fit many times over.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millpond::curate {

/// Hashes of 64 good bits in an open table, at most three quarters full.
/// Memory:  11 to 16 bytes for each; two and a half times that while it grows.
/// Threads: one.
class HashSet {
 public:
  /// True if it is new.
  bool insert(std::uint64_t hash) {
    if (hash == 0) hash = 1;  // 0 marks what is free
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    std::uint64_t& slot = slot_of(hash);
    if (slot == hash) return false;
    slot = hash;
    ++used_;
    return true;
  }
  void fetch(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[place_of(hash)]);
  }
  std::size_t size() const { return used_; }

 private:
  std::size_t place_of(std::uint64_t hash) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>(static_cast<Wide>(hash) * slots_.size() >> 64);
  }
  std::uint64_t& slot_of(std::uint64_t hash) {
    std::size_t at = place_of(hash);
    while (slots_[at] != 0 && slots_[at] != hash) at = at + 1 == slots_.size() ? 0 : at + 1;
    return slots_[at];
  }
  void grow() {
    std::vector<std::uint64_t> old(slots_.size() + slots_.size() / 2 + 64);
    old.swap(slots_);
    for (const std::uint64_t hash : old) {
      if (hash != 0) slot_of(hash) = hash;
    }
  }
  std::vector<std::uint64_t> slots_;
  std::size_t used_ = 0;
};

}  // namespace millpond::curate
