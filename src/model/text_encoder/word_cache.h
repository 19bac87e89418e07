#pragma once
// The ids of words met before. Each word has one place, a newcomer takes it: bounded, and no bookkeeping.

#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace millpond::model {

/// Threads: one.
class WordCache {
 public:
  WordCache() : slots_(kSlots) {}

  /// Appends the ids of `word` if it is known.
  bool find(std::string_view word, std::vector<std::int32_t>& ids) const {
    if (word.size() > kWordBytes || word.empty()) return false;
    const Slot& slot = slots_[place(word)];
    if (slot.size != word.size() || std::memcmp(slot.word, word.data(), word.size()) != 0) return false;
    ids.insert(ids.end(), slot.ids, slot.ids + slot.count);
    return true;
  }
  void keep(std::string_view word, const std::int32_t* ids, std::size_t count) {
    if (word.size() > kWordBytes || word.empty() || count > kIds) return;
    Slot& slot = slots_[place(word)];
    slot.size = static_cast<std::uint8_t>(word.size());
    slot.count = static_cast<std::uint8_t>(count);
    std::memcpy(slot.word, word.data(), word.size());
    if (count > 0) std::memcpy(slot.ids, ids, count * sizeof *ids);
  }

 private:
  static constexpr std::size_t kSlots = 1 << 16, kWordBytes = 30, kIds = 8;
  struct alignas(64) Slot {
    std::uint8_t size = 0, count = 0;
    char word[kWordBytes];
    std::int32_t ids[kIds];
  };
  static std::size_t place(std::string_view word) { return XXH3_64bits(word.data(), word.size()) & (kSlots - 1); }
  std::vector<Slot> slots_;
};

}  // namespace millpond::model
