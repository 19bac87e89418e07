#include "curate/repeats/shared_windows.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace millpond::curate {
namespace {

constexpr std::size_t kTableWindows = 1 << 15;
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

/// A window seen before, by its content.
struct Known {
  const char* bytes = nullptr;
  std::uint64_t place = 0, hash = 0;
};

/// The windows that begin from `ahead` to `ahead_end` before the gram, in a table.
void look_up(std::span<const Neighbourhood> around, const WindowShape& shape, std::size_t ahead, std::size_t ahead_end,
             std::vector<Known>& table, std::uint64_t* firsts) {
  std::fill(table.begin(), table.end(), Known{});
  const std::size_t mask = table.size() - 1;
  for (const Neighbourhood& each : around) {
    const std::size_t begin = each.lead + 1 > ahead_end ? each.lead + 1 - ahead_end : 0;
    const std::size_t end = each.lead + 1 > ahead ? std::min<std::size_t>(each.windows, each.lead + 1 - ahead) : 0;
    for (std::size_t window = begin; window < end; ++window) {
      const char* bytes = each.bytes + window;
      const std::uint64_t hash = XXH3_64bits(bytes, shape.length);
      std::size_t at = hash & mask;
      while (table[at].bytes && (table[at].hash != hash || std::memcmp(table[at].bytes, bytes, shape.length) != 0)) {
        at = (at + 1) & mask;
      }
      if (table[at].bytes) {
        firsts[window] = table[at].place;
      } else {
        table[at] = {bytes, each.begin + window, hash};
      }
    }
    firsts += each.windows;
  }
}

/// Equal windows begin equally far before the gram: so a table of some distances at a time is enough.
void look_up_all(std::span<const Neighbourhood> around, const WindowShape& shape, std::uint64_t* firsts) {
  const std::size_t step = std::max<std::size_t>(1, kTableWindows / around.size());
  std::size_t ahead_max = 0;
  for (const Neighbourhood& each : around) ahead_max = std::max<std::size_t>(ahead_max, each.lead);
  std::vector<Known> table(std::bit_ceil(2 * around.size() * std::min(step, ahead_max + 1)));
  for (std::size_t ahead = 0; ahead <= ahead_max; ahead += step) {
    look_up(around, shape, ahead, ahead + step, table, firsts);
  }
}

}  // namespace

void find_shared_windows(std::span<const Neighbourhood> around, const WindowShape& shape,
                         std::vector<std::uint64_t>& firsts) {
  std::size_t windows = 0;
  for (const Neighbourhood& each : around) windows += each.windows;
  firsts.assign(windows, kNowhere);
  if (around.size() <= kPairsMax) return compare_pairs(around, shape, firsts.data());
  look_up_all(around, shape, firsts.data());
}

}  // namespace millpond::curate
