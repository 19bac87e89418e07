// What cleanlab's Datalab finds (tests/golden/neighbour_issues/make.py).

#include "millpond/curate/neighbour_issues.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

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

}  // namespace
}  // namespace millpond::curate
