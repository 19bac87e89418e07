#pragma once
// What short words stand for: up to twelve bytes are the key itself, so that a look touches one line of the cache.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace millpond::index {

/// A word of ASCII letters, digits, apostrophes and points in lower case, padded with zeros.
struct ShortWord {
  static constexpr std::size_t kBytesMax = 12;
  std::uint64_t first = 0;
  std::uint32_t rest = 0;
  bool operator==(const ShortWord&) const = default;

  /// Of `size` bytes at `from`, behind which at least 16 can be read.
  static ShortWord of(const char* from, std::size_t size) {
    std::uint64_t first, second;
    std::memcpy(&first, from, 8);
    std::memcpy(&second, from + 8, 8);
    const std::size_t low = size < 8 ? size : 8, high = size - low;
    return {lower(first & kKeep[low]), static_cast<std::uint32_t>(lower(second & kKeep[high]))};
  }
  std::uint64_t hash() const {
    const std::uint64_t mixed = (first ^ std::rotl(std::uint64_t{rest} * 0x9E3779B97F4A7C15, 29)) * 0xD6E8FEB86659FD93;
    return mixed ^ mixed >> 32;
  }

 private:
  static constexpr std::array<std::uint64_t, 9> kKeep = [] {
    std::array<std::uint64_t, 9> masks{};
    for (std::size_t bytes = 1; bytes < 9; ++bytes) masks[bytes] = masks[bytes - 1] << 8 | 0xFF;
    return masks;
  }();
  // Adding brings the top bit of a byte up where it is at least A, and where it is beyond Z.
  static std::uint64_t lower(std::uint64_t bytes) {
    const std::uint64_t from_a = bytes + 0x3F3F3F3F3F3F3F3F, beyond_z = bytes + 0x2525252525252525;
    return bytes | ((from_a & ~beyond_z & 0x8080808080808080) >> 2);
  }
};

/// Short word → number.
class WordTable {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  WordTable() { clear(); }
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  std::uint32_t find(const ShortWord& word, std::uint64_t hash) const {
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if ((slot.first == word.first && slot.rest == word.rest) || slot.value == kNone) return slot.value;
    }
  }
  /// `word` must not be there; `value` not kNone.
  void insert(const ShortWord& word, std::uint64_t hash, std::uint32_t value) {
    if (++size_ * 2 > slots_.size()) grow();
    place({word.first, word.rest, value}, hash);
  }
  std::int64_t memory_bytes() const { return static_cast<std::int64_t>(slots_.capacity() * sizeof(Slot)); }
  void clear() {
    slots_.assign(1024, Slot{});
    mask_ = slots_.size() - 1;
    size_ = 0;
  }

 private:
  struct Slot {
    std::uint64_t first = 0;
    std::uint32_t rest = 0, value = kNone;
  };
  static_assert(sizeof(Slot) == 16);
  void place(const Slot& slot, std::uint64_t hash) {
    std::size_t at = hash & mask_;
    while (slots_[at].value != kNone) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot> before = std::move(slots_);
    slots_.assign(before.size() * 4, Slot{});
    mask_ = slots_.size() - 1;
    for (const Slot& slot : before) {
      if (slot.value != kNone) place(slot, ShortWord{slot.first, slot.rest}.hash());
    }
  }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0, size_ = 0;
};

}  // namespace millpond::index
