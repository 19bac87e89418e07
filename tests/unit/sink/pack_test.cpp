// Packing of texts into blocks: nothing lost, nothing over the edge, close to the fewest blocks.

#include "sink/pack.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace millpond::sink {
namespace {

using Blocks = std::vector<std::vector<std::size_t>>;

TEST(Pack, FillsTheFullestBlockThatHasRoom) {
  EXPECT_EQ(pack_best_fit({}, 8), Blocks{});
  EXPECT_EQ(pack_best_fit({8}, 8), (Blocks{{0}}));
  EXPECT_EQ(pack_best_fit({3, 5, 6, 2}, 8), (Blocks{{0, 1}, {2, 3}}));
  EXPECT_EQ(pack_best_fit({2, 6, 5, 3}, 8), (Blocks{{0, 1}, {2, 3}}));
  EXPECT_EQ(pack_best_fit({5, 5, 5}, 8), (Blocks{{0}, {1}, {2}}));
}

TEST(Pack, HoldsEachPieceOnceNearTheFewestBlocks) {
  std::mt19937 random(7);
  for (const std::int32_t length : {1, 2, 64, 2048}) {
    std::vector<std::int32_t> lengths(5000);
    for (auto& each : lengths) each = 1 + static_cast<std::int32_t>(random() % static_cast<unsigned>(length));
    const Blocks blocks = pack_best_fit(lengths, length);
    std::vector<int> seen(lengths.size(), 0);
    for (const auto& block : blocks) {
      std::int32_t filled = 0;
      for (const std::size_t piece : block) filled += lengths[piece], ++seen[piece];
      EXPECT_LE(filled, length);
    }
    EXPECT_EQ(seen, std::vector<int>(lengths.size(), 1));
    const auto sum = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
    const auto fewest = (sum + length - 1) / length;
    EXPECT_LE(static_cast<double>(blocks.size()), 1.03 * static_cast<double>(fewest) + 1) << length;
  }
}

}  // namespace
}  // namespace millpond::sink
