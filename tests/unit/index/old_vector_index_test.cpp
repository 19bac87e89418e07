// Indexes of older programs still answer: of one that put each row into one cluster only (version 1 of the vector
// index), and of one that kept codes in the order of rows (version 2).
// tests/golden/segments/vectors-version*.index were written by such programs, of the rows below.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "millpond/index/vector_index.h"

namespace millpond::index {
namespace {

constexpr std::size_t kRows = 600, kDimensions = 8, kBest = 10;

float value(std::size_t row, std::size_t dimension) {
  return static_cast<float>((row * 7919 + dimension * 104729 + row * dimension * 31) % 1009) / 1009 - .5F;
}

struct alignas(64) Row {
  std::array<float, 16> numbers{};
};

std::string golden(int version) {
  const std::string name = "vectors-version" + std::to_string(version) + ".index";
  std::ifstream file(MILLPOND_SOURCE_DIR "/tests/golden/segments/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class OldVectorIndex : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Versions, OldVectorIndex, ::testing::Values(1, 2));

TEST_P(OldVectorIndex, FindsTheBestRows) {
  std::vector<Row> rows(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t d = 0; d < kDimensions; ++d) rows[row].numbers[d] = value(row, d);
  }
  VectorRows view;
  view.data = reinterpret_cast<const char*>(rows.data());
  view.stride = sizeof(Row);
  view.rows = kRows;
  view.dimensions = kDimensions;
  const std::string bytes = golden(GetParam());
  ASSERT_GT(bytes.size(), 8U);
  ASSERT_EQ(bytes[8], GetParam());
  const auto index = VectorIndex::open(bytes, view);
  ASSERT_TRUE(index.ok()) << index.status().to_string();
  EXPECT_EQ(index->clusters(), 24);
  std::size_t found = 0;
  for (std::size_t asked = 0; asked < kRows; asked += 30) {
    const std::vector<float> query(rows[asked].numbers.begin(), rows[asked].numbers.begin() + kDimensions);
    const auto score = [&](std::size_t row) {
      return std::inner_product(query.begin(), query.end(), rows[row].numbers.begin(), 0.0F);
    };
    std::vector<std::uint32_t> order(kRows);
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return score(a) > score(b); });
    VectorWork work;
    const auto hits = index->search(query, {.recall = .95}, &work);
    ASSERT_TRUE(hits.ok()) << hits.status().to_string();
    ASSERT_EQ(hits->size(), kBest);
    EXPECT_FALSE(work.exhaustive);
    for (const VectorHit& hit : *hits) {
      found += static_cast<std::size_t>(std::count(order.begin(), order.begin() + kBest, hit.row));
    }
  }
  EXPECT_GE(found, 184U);  // of 200
}

TEST(VectorIndexVersion, ALaterOneIsRefused) {
  std::string bytes = golden(1);
  bytes[8] = 100;
  VectorRows view;
  view.stride = sizeof(Row);
  view.rows = kRows;
  view.dimensions = kDimensions;
  const auto index = VectorIndex::open(bytes, view);
  ASSERT_FALSE(index.ok());
  EXPECT_EQ(index.status().code(), Code::kUnsupported);
}

}  // namespace
}  // namespace millpond::index
