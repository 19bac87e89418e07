#pragma once
// A set of short names with numbers, built at compile time; look-ups ignore ASCII case.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millpond::extract {

/// Open addressing over a hash of length, first, middle and last letter. `kSlots` is a power of two.
template <std::size_t kSlots>
class NameTable {
 public:
  constexpr void add(std::string_view name, std::uint8_t id) {
    std::size_t slot = hash(name);
    while (!slots_[slot].text.empty()) slot = (slot + 1) & (kSlots - 1);
    slots_[slot] = {name, id};
  }
  constexpr std::uint8_t find(std::string_view name, std::uint8_t missing) const {
    if (name.empty() || name.size() > kNameMax) return missing;
    for (std::size_t slot = hash(name); !slots_[slot].text.empty(); slot = (slot + 1) & (kSlots - 1)) {
      const std::string_view text = slots_[slot].text;
      if (text.size() != name.size()) continue;
      std::size_t i = 0;
      while (i < name.size() && lower(name[i]) == text[i]) ++i;
      if (i == name.size()) return slots_[slot].id;
    }
    return missing;
  }

 private:
  static constexpr std::size_t kNameMax = 24;
  struct Slot {
    std::string_view text;
    std::uint8_t id = 0;
  };
  static constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }
  static constexpr std::size_t hash(std::string_view name) {
    std::size_t h = name.size() * 31;
    h = h * 33 + static_cast<unsigned char>(lower(name.front()));
    h = h * 33 + static_cast<unsigned char>(lower(name[name.size() / 2]));
    h = h * 33 + static_cast<unsigned char>(lower(name.back()));
    return (h ^ h >> 9) & (kSlots - 1);
  }

  std::array<Slot, kSlots> slots_{};
};

}  // namespace millpond::extract
