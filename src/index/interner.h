#pragma once
// Gives every distinct byte string a dense number, in order of first sight.

#define XXH_INLINE_ALL  // called for every word of every text
#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace millpond::index {

class Interner {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  Interner() { clear(); }

  /// The number of `bytes`; a new one if it was not seen before (then `size()` has grown).
  std::uint32_t intern(std::string_view bytes) { return intern(bytes, hash_of(bytes)); }
  static std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
  /// Begins to load what `intern` looks at first: with many strings each look is a miss of the caches.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  std::uint32_t intern(std::string_view bytes, std::uint64_t hash) {
    std::size_t slot = hash & mask_;
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    const std::uint64_t head = head_of(bytes);
    for (; slots_[slot].id != kNone; slot = (slot + 1) & mask_) {
      const Slot& here = slots_[slot];
      if (here.tag != tag || here.head != head) continue;
      // Of words that fit, the slot holds all there is to compare, but for the length of what ends in zeros.
      if (bytes.size() <= 8 && (bytes.empty() || bytes.back() != 0)) return here.id;
      if (same(strings_[here.id], bytes)) return here.id;
    }
    const auto id = static_cast<std::uint32_t>(strings_.size());
    slots_[slot] = {tag, id, head};
    strings_.push_back(copy(bytes));
    if (strings_.size() * 2 > slots_.size()) grow();
    return id;
  }

  std::string_view operator[](std::uint32_t id) const { return strings_[id]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(strings_.size()); }
  std::int64_t memory_bytes() const {
    return static_cast<std::int64_t>(pages_.size() * kPageBytes + slots_.capacity() * sizeof(Slot) +
                                     strings_.capacity() * sizeof(std::string_view));
  }
  void clear() {
    strings_.clear();
    pages_.clear();
    page_used_ = kPageBytes;
    slots_.assign(1024, Slot{});
    mask_ = slots_.size() - 1;
  }

 private:
  static constexpr std::size_t kPageBytes = 64 << 10;
  struct Slot {
    std::uint32_t tag = 0, id = kNone;
    std::uint64_t head = 0;  // the first eight bytes, and zeros
  };

  static std::uint64_t head_of(std::string_view bytes) {
    std::uint64_t head = 0;
    if (bytes.size() >= 8) {
      std::memcpy(&head, bytes.data(), 8);
    } else {
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        head |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
      }
    }
    return head;
  }

  /// Most are words of a few bytes, for which a call costs more than the comparison.
  static bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    std::size_t at = 0;
    for (; at + 8 <= a.size(); at += 8) {
      std::uint64_t x, y;
      std::memcpy(&x, a.data() + at, 8);
      std::memcpy(&y, b.data() + at, 8);
      if (x != y) return false;
    }
    for (; at < a.size(); ++at) {
      if (a[at] != b[at]) return false;
    }
    return true;
  }
  std::string_view copy(std::string_view bytes) {
    if (page_used_ + bytes.size() > kPageBytes) {
      pages_.push_back(std::make_unique<char[]>(kPageBytes < bytes.size() ? bytes.size() : kPageBytes));
      page_used_ = 0;
    }
    char* to = pages_.back().get() + page_used_;
    std::memcpy(to, bytes.data(), bytes.size());
    page_used_ += bytes.size();
    return {to, bytes.size()};
  }
  void grow() {
    slots_.assign(slots_.size() * 4, Slot{});
    mask_ = slots_.size() - 1;
    for (std::uint32_t id = 0; id < strings_.size(); ++id) {
      const std::uint64_t hash = XXH3_64bits(strings_[id].data(), strings_[id].size());
      std::size_t slot = hash & mask_;
      while (slots_[slot].id != kNone) slot = (slot + 1) & mask_;
      slots_[slot] = {static_cast<std::uint32_t>(hash >> 32), id, head_of(strings_[id])};
    }
  }

  std::vector<std::string_view> strings_;
  std::vector<std::unique_ptr<char[]>> pages_;
  std::size_t page_used_ = kPageBytes;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
};

}  // namespace millpond::index
