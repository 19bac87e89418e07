// Passes over documents that are longer than one, by hand and by chance.
#include "model/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace millpond::model {
namespace {

std::vector<std::vector<std::size_t>> shown(const std::vector<std::int32_t>& lengths, std::size_t tokens_max) {
  std::vector<std::vector<std::size_t>> out;
  for (const Pass& pass : passes_over(lengths, tokens_max)) {
    out.push_back({pass.begin, pass.end, pass.first_passage, pass.passages_end});
  }
  return out;
}

using testing::ElementsAre;

TEST(PassesTest, ByHand) {
  EXPECT_THAT(shown({}, 8), ElementsAre());
  EXPECT_THAT(shown({3, 0, 5}, 8), ElementsAre(ElementsAre(0, 8, 0, 3)));
  EXPECT_THAT(shown({3, 3, 3, 3}, 8), ElementsAre(ElementsAre(0, 8, 0, 2), ElementsAre(4, 12, 2, 4)));
  EXPECT_THAT(shown({8, 8}, 8), ElementsAre(ElementsAre(0, 8, 0, 1), ElementsAre(8, 16, 1, 2)));
  EXPECT_THAT(shown({8, 1}, 8), ElementsAre(ElementsAre(0, 8, 0, 1), ElementsAre(1, 9, 1, 2)));
}

TEST(PassesTest, EachPassageWholeInOnePass) {
  std::mt19937 chance(7);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t tokens_max = 1 + chance() % 40;
    std::vector<std::int32_t> lengths(chance() % 12);
    for (std::int32_t& length : lengths) length = static_cast<std::int32_t>(chance() % (tokens_max + 1));
    const auto total = static_cast<std::size_t>(std::accumulate(lengths.begin(), lengths.end(), 0));
    std::size_t next = 0, at = 0;
    for (const Pass& pass : passes_over(lengths, tokens_max)) {
      ASSERT_EQ(pass.first_passage, next);
      ASSERT_GT(pass.passages_end, next);
      ASSERT_LE(pass.begin, at);
      for (; next < pass.passages_end; ++next) at += static_cast<std::size_t>(lengths[next]);
      ASSERT_LE(at, pass.end);
      ASSERT_LE(pass.end, total);
      ASSERT_LE(pass.end - pass.begin, tokens_max);
    }
    ASSERT_EQ(next, lengths.size());
  }
}

}  // namespace
}  // namespace millpond::model
