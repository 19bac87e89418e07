#include "index/vector/vector_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace millpond::index {
namespace {

struct alignas(64) Row {
  float numbers[16] = {};
};

constexpr std::size_t kRows = 1000;

TEST(VectorLayout, KeepsTheCodesOfAClusterTogether) {
  std::mt19937 random(7);
  std::vector<Row> rows(kRows);
  for (Row& row : rows) {
    for (float& number : row.numbers) number = static_cast<float>(random() % 2001) / 1000 - 1;
  }
  std::vector<unsigned char> has((kRows + 7) / 8, 0xFF);
  for (const std::size_t without : {0U, 17U, 500U, 999U}) has[without / 8] &= ~(1U << without % 8);
  const VectorRows view_of_rows{
      reinterpret_cast<const char*>(rows.data()), sizeof(Row), kRows, 16, VectorType::kF32, has.data()};
  const auto bytes = build_vector_index(view_of_rows, {.clusters = 16});
  ASSERT_TRUE(bytes.ok()) << bytes.status().to_string();
  const auto view = open_view(*bytes, view_of_rows);
  ASSERT_TRUE(view.ok()) << view.status().to_string();
  std::vector<std::uint32_t> row_at(kRows, kNoRow);
  for (std::uint32_t row = 0; row < kRows; ++row) {
    const std::uint32_t place = (*view)->place_of(row);
    ASSERT_LT(place, kRows);
    ASSERT_EQ(row_at[place], kNoRow) << "two rows in one place";
    row_at[place] = row;
  }
  const auto cluster = [&](std::uint32_t place) { return (*view)->clusters_of_row(row_at[place])[0]; };
  for (std::uint32_t place = 1; place < kRows; ++place) EXPECT_LE(cluster(place - 1), cluster(place)) << place;
  EXPECT_EQ(cluster(kRows - 4), kNoCluster);
  EXPECT_NE(cluster(kRows - 5), kNoCluster);
  for (std::uint32_t place = 0; place < kRows; ++place) {
    EXPECT_EQ((*view)->code_facts[place].gain > 0, place < kRows - 4) << "the facts of another row: " << place;
  }
}

}  // namespace
}  // namespace millpond::index
