// The rows that cleanlab finds (tests/golden/label_issues/make.py).

#include "millpond/curate/label_issues.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace millpond::curate {
namespace {

TEST(LabelIssues, AreThoseOfCleanlab) {
  std::ifstream file(MILLPOND_SOURCE_DIR "/tests/golden/label_issues/cases.tsv");
  std::vector<std::int32_t> given;
  std::vector<float> probabilities;
  std::size_t labels = 0, cases = 0, found = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string what;
    fields >> what;
    if (what == "case") {
      fields >> what >> labels;
      given.clear(), probabilities.clear();
    } else if (what == "row") {
      float sum = 0;
      fields >> given.emplace_back();
      for (std::size_t i = 0; i < labels; ++i) fields >> probabilities.emplace_back(), sum += probabilities.back();
      for (std::size_t i = 0; i < labels; ++i) probabilities[probabilities.size() - 1 - i] /= sum;
    } else {
      std::vector<std::int64_t> wanted, rows;
      for (std::int64_t row; fields >> row;) wanted.push_back(row);
      for (const LabelIssue& issue : find_label_issues(given, probabilities, labels)) rows.push_back(issue.row);
      EXPECT_EQ(rows, wanted) << "case " << cases;
      ++cases, found += rows.size();
    }
  }
  EXPECT_EQ(cases, 5U);
  EXPECT_GT(found, 50U);
}

TEST(LabelIssues, AreFoundByModelsThatHaveNotSeenThem) {
  std::vector<LabelledText> texts;
  for (int i = 0; i < 300; ++i) {
    const bool mill = i % 2 == 0, wrong = i % 50 == 7 || i % 50 == 30;
    texts.push_back(
        {(mill ? "the miller grinds grain to flour " : "the sailor sets sail and mast ") + std::to_string(i),
         mill != wrong ? "mill" : "boat"});
  }
  TrainOptions options;
  options.buckets = 1000;
  options.dimensions = 8;
  Context context;
  const auto judged = cross_validate(texts, options, 4, context);
  ASSERT_TRUE(judged.ok()) << judged.status().to_string();
  std::vector<std::int64_t> rows;
  for (const LabelIssue& issue : find_label_issues(judged->given, judged->probabilities, judged->labels.size())) {
    rows.push_back(issue.row);
    EXPECT_NE(issue.given, issue.suggested);
  }
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (std::vector<std::int64_t>{7, 30, 57, 80, 107, 130, 157, 180, 207, 230, 257, 280}));
  EXPECT_EQ(cross_validate(texts, options, 1, context).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::curate
