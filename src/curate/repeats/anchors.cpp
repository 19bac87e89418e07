#include "curate/repeats/anchors.h"

#include <cstring>

namespace millpond::curate {
namespace {

constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;

/// Runs of one byte (blanks, dashes) come last: their grams are all equal, and each of them would be chosen.
std::uint32_t rank(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const bool run = word == (word << 8 | word >> 56);
  const auto hash = static_cast<std::uint32_t>((word * kOdd) >> 32);
  return run ? ~0U : hash;
}

}  // namespace

void find_anchors(std::string_view text, const WindowShape& shape, std::vector<Anchor>& anchors) {
  anchors.clear();
  if (text.size() < shape.length) return;
  const std::size_t grams = text.size() - shape.gram + 1;   // a gram has at least the eight bytes that are ranked
  const std::size_t reach = shape.length - shape.gram + 1;  // grams in a window
  const char* bytes = text.data();

  std::size_t least = 0, begun = 0;
  std::uint32_t least_rank = rank(bytes);
  const auto look_at = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t other = rank(bytes + i);
      if (other <= least_rank) least = i, least_rank = other;
    }
  };
  const auto end_run = [&](std::size_t window) {
    anchors.push_back({static_cast<std::uint32_t>(least), static_cast<std::uint32_t>(begun),
                       static_cast<std::uint32_t>(window - begun)});
    begun = window;
  };
  look_at(1, reach);
  for (std::size_t window = 1; window + reach <= grams; ++window) {
    const std::size_t newest = window + reach - 1;
    const std::uint32_t newest_rank = rank(bytes + newest);
    if (newest_rank <= least_rank) {
      end_run(window);
      least = newest, least_rank = newest_rank;
    } else if (least < window) {
      end_run(window);
      least = window, least_rank = rank(bytes + window);
      look_at(window + 1, newest + 1);
    }
  }
  end_run(grams - reach + 1);
}

}  // namespace millpond::curate
