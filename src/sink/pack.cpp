#include "sink/pack.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace millpond::sink {

std::vector<std::vector<std::size_t>> pack_best_fit(const std::vector<std::int32_t>& lengths, std::int32_t length) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });

  std::vector<std::vector<std::size_t>> blocks;
  std::vector<std::vector<std::size_t>> with_room(static_cast<std::size_t>(length) + 1);  // room → blocks
  std::set<std::int32_t> rooms;                                                           // those that some block has
  for (const std::size_t piece : order) {
    const auto fits = rooms.lower_bound(lengths[piece]);
    std::size_t block = blocks.size();
    std::int32_t room = length;
    if (fits == rooms.end()) {
      blocks.emplace_back();
    } else {
      room = *fits;
      auto& candidates = with_room[static_cast<std::size_t>(room)];
      block = candidates.back();
      candidates.pop_back();
      if (candidates.empty()) rooms.erase(fits);
    }
    blocks[block].push_back(piece);
    room -= lengths[piece];
    if (room > 0) {
      with_room[static_cast<std::size_t>(room)].push_back(block);
      rooms.insert(room);
    }
  }
  for (auto& block : blocks) std::sort(block.begin(), block.end());
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.front() < b.front(); });
  return blocks;
}

}  // namespace millpond::sink
