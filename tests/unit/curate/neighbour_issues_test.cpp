// What cleanlab's Datalab finds (tests/golden/neighbour_issues/make.py).

#include "millpond/curate/neighbour_issues.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

namespace millpond::curate {
namespace {

TEST(NeighbourIssues, AreThoseOfCleanlab) {
  std::ifstream file(MILLPOND_SOURCE_DIR "/tests/golden/neighbour_issues/cases.jsonl");
  std::size_t cases = 0, outliers = 0, twins = 0, drifting = 0, exact = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const auto wanted = nlohmann::json::parse(line);
    std::vector<float> values;
    for (const auto& row : wanted["vectors"]) {
      for (const auto& value : row) values.push_back(value.get<float>());
    }
    Context context;
    const auto near = nearest_neighbours(values, wanted["vectors"][0].size(), 10, context);
    ASSERT_TRUE(near.ok()) << near.status().to_string();
    Outliers far = find_outliers(*near, 0.37037);
    std::sort(far.rows.begin(), far.rows.end());
    EXPECT_EQ(far.rows, wanted["outliers"].get<std::vector<std::int64_t>>()) << "case " << cases;
    const NearDuplicateRows same = find_near_duplicates(*near, 0.13);
    EXPECT_EQ(same.of_row, wanted["near_duplicates"].get<std::vector<std::vector<std::int32_t>>>()) << "case " << cases;
    for (std::size_t row = 0; row < near->rows; ++row) {
      EXPECT_NEAR(far.scores[row], wanted["outlier_scores"][row].get<double>(), 1e-6) << cases << ": " << row;
      EXPECT_NEAR(same.scores[row], wanted["near_duplicate_scores"][row].get<double>(), 1e-6) << cases << ": " << row;
      twins += !same.of_row[row].empty();
    }
    // Of neighbours that are equally near, as copies of a row are, it may be another one that is left out there.
    const bool copies = std::count(far.scores.begin(), far.scores.end(), 1) > 0 ||
                        std::count(near->distance.begin(), near->distance.end(), 0) > 0;
    const double p = order_p_value(*near);
    EXPECT_NEAR(p, wanted["p_value"].get<double>(), copies ? 0.1 : 1e-6) << "case " << cases;
    exact += copies ? 0 : 1;
    outliers += far.rows.size();
    drifting += p < 0.05;
  }
  EXPECT_EQ(cases, 7U);
  EXPECT_GE(exact, 3U);
  EXPECT_GT(outliers, 3U);
  EXPECT_GT(twins, 20U);
  EXPECT_GT(drifting, 0U);
  EXPECT_LT(drifting, cases);
}

TEST(NeighbourIssues, AreTheSameOnAnyNumberOfThreads) {
  std::vector<float> values;
  for (int i = 0; i < 400; ++i) values.push_back(static_cast<float>((i * 7919) % 97) - 40.5F);
  Context one, four;
  four.set_threads(4);
  const auto a = nearest_neighbours(values, 4, 5, one), b = nearest_neighbours(values, 4, 5, four);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->row, b->row);
  EXPECT_EQ(a->distance, b->distance);
  EXPECT_FALSE(nearest_neighbours(values, 4, 100, one).ok());
  EXPECT_FALSE(nearest_neighbours(std::vector<float>(80), 4, 5, one).ok());
}

/// Vectors by chance; `twice`: some come again.
std::vector<float> some_vectors(std::size_t rows, std::size_t width) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * width);
  for (float& each : values) each = normal(random);
  for (std::size_t i = 0; i < width; ++i) values[7 * width + i] = values[3 * width + i];
  return values;
}

TEST(NeighbourIssues, OfRowsThatAreNamedAreTheSame) {
  for (const std::size_t width : {2U, 9U}) {
    const std::vector<float> values = some_vectors(120, width);
    Context context;
    context.set_threads(3);
    const auto all = nearest_neighbours(values, width, 5, context);
    ASSERT_TRUE(all.ok());
    for (const std::int32_t step : {1, 60}) {  // all; or too few, so that all are looked at
      const auto named = [&](std::size_t row, std::vector<std::int32_t>& others) -> Status {
        for (std::int32_t i = static_cast<std::int32_t>(row) % step; i < 120; i += step) others.push_back(i);
        return {};
      };
      const auto found = nearest_of(values, width, 5, named, context);
      ASSERT_TRUE(found.ok());
      EXPECT_EQ(found->row, all->row);
      EXPECT_EQ(found->distance, all->distance);
    }
    const auto half = nearest_of(
        values, width, 5,
        [](std::size_t, std::vector<std::int32_t>& others) -> Status {
          for (std::int32_t i = 0; i < 60; ++i) others.push_back(i);
          return {};
        },
        context);
    ASSERT_TRUE(half.ok());
    EXPECT_LT(*std::max_element(half->row.begin(), half->row.end()), 60);
  }
}

TEST(NeighbourIssues, TheFirstRowWithoutADirectionIsNamed) {
  std::vector<float> values = some_vectors(120, 9);
  for (const std::size_t row : {100U, 50U}) std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(row * 9), 9, 0.0F);
  Context context;
  context.set_threads(4);
  const auto named = [](std::size_t, std::vector<std::int32_t>& others) -> Status {
    others = {1, 2, 3, 4, 5, 6};
    return {};
  };
  const auto names_row_50 = [](const Result<Neighbours>& found) {
    EXPECT_EQ(found.status().code(), Code::kInvalidArgument);
    EXPECT_NE(found.status().message().find("row 50"), std::string::npos) << found.status().to_string();
  };
  names_row_50(nearest_neighbours(values, 9, 5, context));
  names_row_50(nearest_of(values, 9, 5, named, context));
}

}  // namespace
}  // namespace millpond::curate
