#pragma once
// Which windows around one gram are the same ones.

#include <cstdint>
#include <span>
#include <vector>

#include "curate/repeats/anchors.h"

namespace millpond::curate {

/// The windows of one anchor, with their text.
struct Neighbourhood {
  std::uint64_t begin = 0;  ///< where the first window begins, in all texts joined
  std::uint32_t lead = 0;   ///< from there to the anchor's gram
  std::uint32_t windows = 0;
  const char* bytes = nullptr;  ///< windows - 1 + length of them
};

/// Marks a window that occurs in no earlier neighbourhood.
inline constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

/// For neighbourhoods of equal grams, in the order of their places: where each of their windows occurs first.
///
/// Shape:   `firsts` gets the windows of all neighbourhoods, one after the other: a place before, or kNowhere.
/// Threads: any.
void find_shared_windows(std::span<const Neighbourhood> around, const WindowShape& shape,
                         std::vector<std::uint64_t>& firsts);

}  // namespace millpond::curate
