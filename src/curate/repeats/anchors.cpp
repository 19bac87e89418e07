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

void find_anchors(std::string_view text, const WindowShape& shape, std::vector<std::uint32_t>& hashes,
                  std::vector<Anchor>& anchors) {
  anchors.clear();
  if (text.size() < shape.length) return;
  const std::size_t grams = text.size() - shape.gram + 1;   // a gram has at least the eight bytes that are ranked
  const std::size_t reach = shape.length - shape.gram + 1;  // grams in a window
  if (hashes.size() < grams) hashes.resize(grams);
  for (std::size_t i = 0; i < grams; ++i) hashes[i] = rank(text.data() + i);

  std::size_t least = 0, begun = 0;
  for (std::size_t i = 1; i < reach; ++i) {
    if (hashes[i] <= hashes[least]) least = i;
  }
  const auto end_run = [&](std::size_t window) {
    anchors.push_back({static_cast<std::uint32_t>(least), static_cast<std::uint32_t>(begun),
                       static_cast<std::uint32_t>(window - begun)});
    begun = window;
  };
  for (std::size_t window = 1; window + reach <= grams; ++window) {
    const std::size_t newest = window + reach - 1;
    if (hashes[newest] <= hashes[least]) {
      end_run(window);
      least = newest;
    } else if (least < window) {
      end_run(window);
      least = window;
      for (std::size_t i = window + 1; i <= newest; ++i) {
        if (hashes[i] <= hashes[least]) least = i;
      }
    }
  }
  end_run(grams - reach + 1);
}

}  // namespace millpond::curate
