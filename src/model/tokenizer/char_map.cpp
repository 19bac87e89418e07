#include "model/tokenizer/char_map.h"

#include <algorithm>

namespace millpond::model {

using namespace tables;

CharMap::CharMap() : shared_{true}, pages_(256, kWord) {
  for (const KindRange& range : kind_ranges()) fill(range);
  for (const MapRun& run : map_runs()) {
    for (std::uint32_t from = run.first; from <= run.last; from += run.stride) {
      map(from, {static_cast<char32_t>(static_cast<std::int64_t>(from) + run.difference)});
    }
  }
  for (const MapPair& pair : map_pairs()) map(pair.from, {static_cast<char32_t>(pair.to)});
  for (const MapSeveral& several : map_several()) map(several.from, std::to_array(several.to));
  // A single code point can become a delimiter (U+2260 becomes "="), which must then act as one.
  for (Mapped& mapped : mapped_) {
    if (mapped.kind == kWord && mapped.to[1] == 0 && entry(mapped.to[0]) == kPunct) mapped.kind = kPunct;
  }
}

std::uint16_t* CharMap::own_page(std::uint32_t page) {
  if (shared_[page_of_[page]]) {
    const std::vector<std::uint16_t> copy(pages_.begin() + page_of_[page] * 256,
                                          pages_.begin() + (page_of_[page] + 1) * 256);
    page_of_[page] = static_cast<std::uint16_t>(shared_.size());
    shared_.push_back(false);
    pages_.insert(pages_.end(), copy.begin(), copy.end());
  }
  return pages_.data() + std::size_t{page_of_[page]} * 256;
}

void CharMap::fill(const KindRange& range) {
  for (std::uint32_t page = range.first >> 8; page <= range.last >> 8; ++page) {
    const std::uint32_t first = std::max(range.first, page << 8), last = std::min(range.last, (page << 8) | 255);
    if (last - first == 255 && range.kind < uniform_.size()) {
      if (uniform_[range.kind] == 0) {
        uniform_[range.kind] = static_cast<std::uint16_t>(shared_.size());
        shared_.push_back(true);
        pages_.insert(pages_.end(), 256, range.kind);
      }
      page_of_[page] = uniform_[range.kind];
    } else {
      std::uint16_t* entries = own_page(page);
      std::fill(entries + (first & 255), entries + (last & 255) + 1, range.kind);
    }
  }
}

void CharMap::map(std::uint32_t from, const std::array<char32_t, 4>& to) {
  std::uint16_t& slot = own_page(from >> 8)[from & 255];
  mapped_.push_back({to, slot == kIdeograph ? kIdeograph : kWord});
  slot = static_cast<std::uint16_t>(kMapped + mapped_.size() - 1);
}

}  // namespace millpond::model
