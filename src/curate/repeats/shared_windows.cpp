#include "curate/repeats/shared_windows.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace millpond::curate {
namespace {

constexpr std::size_t kPairsMax = 16;  // more neighbourhoods than this go through a table of windows

std::size_t equal_before(const char* a, const char* b, std::size_t most) {
  std::size_t equal = 0;
  while (equal < most && a[-1 - static_cast<std::ptrdiff_t>(equal)] == b[-1 - static_cast<std::ptrdiff_t>(equal)])
    ++equal;
  return equal;
}

std::size_t equal_after(const char* a, const char* b, std::size_t most) {
  std::size_t equal = 0;
  for (; equal + 8 <= most; equal += 8) {
    std::uint64_t left, right;
    std::memcpy(&left, a + equal, 8);
    std::memcpy(&right, b + equal, 8);
    if (left != right) return equal + static_cast<std::size_t>(std::countr_zero(left ^ right)) / 8;
  }
  while (equal < most && a[equal] == b[equal]) ++equal;
  return equal;
}

/// Each with each: equal text to both sides of the gram tells which windows are the same.
void compare_pairs(std::span<const Neighbourhood> around, const WindowShape& shape, std::uint64_t* firsts) {
  const std::size_t beside = shape.length - shape.gram;
  for (std::size_t i = 0; i < around.size(); ++i) {
    const Neighbourhood& later = around[i];
    for (std::size_t j = 0; j < i; ++j) {
      const Neighbourhood& earlier = around[j];
      const char* a = later.bytes + later.lead;
      const char* b = earlier.bytes + earlier.lead;
      const auto room = [&](const Neighbourhood& each) {
        return each.windows - 1 + shape.length - each.lead;  // from the gram on
      };
      const std::size_t right = equal_after(a, b, std::min(room(later), room(earlier)));
      if (right < shape.gram) continue;  // the grams' hashes are equal, the grams are not
      const std::size_t left = equal_before(a, b, std::min(later.lead, earlier.lead));
      const std::size_t after = right - shape.gram;
      // `ahead`: how much of a window lies before the gram.
      for (std::size_t ahead = after >= beside ? 0 : beside - after; ahead <= std::min(left, beside); ++ahead) {
        const std::size_t window = later.lead - ahead, of_earlier = earlier.lead - ahead;
        if (window >= later.windows || of_earlier >= earlier.windows || firsts[window] != kNowhere) continue;
        firsts[window] = earlier.begin + of_earlier;
      }
    }
    firsts += later.windows;
  }
}

/// Every window in a table, by its content.
void look_up(std::span<const Neighbourhood> around, const WindowShape& shape, std::size_t windows,
             std::uint64_t* firsts) {
  struct Known {
    const char* bytes;
    std::uint64_t place;
    std::uint64_t hash;
  };
  const std::size_t mask = std::bit_ceil(windows * 2) - 1;
  std::vector<Known> table(mask + 1, Known{nullptr, 0, 0});
  for (const Neighbourhood& each : around) {
    for (std::uint32_t window = 0; window < each.windows; ++window, ++firsts) {
      const char* bytes = each.bytes + window;
      const std::uint64_t hash = XXH3_64bits(bytes, shape.length);
      std::size_t at = hash & mask;
      while (table[at].bytes && (table[at].hash != hash || std::memcmp(table[at].bytes, bytes, shape.length) != 0)) {
        at = (at + 1) & mask;
      }
      if (table[at].bytes) {
        *firsts = table[at].place;
      } else {
        table[at] = {bytes, each.begin + window, hash};
      }
    }
  }
}

}  // namespace

void find_shared_windows(std::span<const Neighbourhood> around, const WindowShape& shape,
                         std::vector<std::uint64_t>& firsts) {
  std::size_t windows = 0;
  for (const Neighbourhood& each : around) windows += each.windows;
  firsts.assign(windows, kNowhere);
  if (around.size() <= kPairsMax) return compare_pairs(around, shape, firsts.data());
  look_up(around, shape, windows, firsts.data());
}

}  // namespace millpond::curate
