#include "curate/words/char_classes.h"

#include <map>

namespace millpond::curate {

const CharClasses& CharClasses::get() {
  static const CharClasses classes;
  return classes;
}

CharClasses::CharClasses() {
  std::vector<std::uint32_t> flat(0x110000);
  for (const ClassRange& range : class_ranges()) {
    for (std::uint32_t c = range.first; c <= range.last; ++c) flat[c] = range.bits;
  }
  for (std::size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = flat[c];
  std::map<std::vector<std::uint32_t>, std::uint16_t> known;
  for (std::size_t block = 0; block < index_.size(); ++block) {
    std::vector<std::uint32_t> bits(flat.begin() + static_cast<std::ptrdiff_t>(block * 256),
                                    flat.begin() + static_cast<std::ptrdiff_t>(block * 256 + 256));
    const auto [entry, is_new] = known.try_emplace(std::move(bits), static_cast<std::uint16_t>(known.size()));
    if (is_new) blocks_.insert(blocks_.end(), entry->first.begin(), entry->first.end());
    index_[block] = entry->second;
  }
}

}  // namespace millpond::curate
