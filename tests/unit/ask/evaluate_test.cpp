#include "millpond/ask/evaluate.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace millpond::ask {
namespace {

TEST(Evaluate, ScoresAreThoseOfTheirDefinitions) {
  const std::map<std::string, int> grades = {{"a", 2}, {"b", 1}, {"c", 0}, {"d", 1}};
  const std::vector<std::string> ranked = {"c", "b", "x", "a"};
  const QuestionScores scores = score_ranking(ranked, grades, 10);
  const double ideal = 2 + 1 / std::log2(3) + 1 / std::log2(4);
  EXPECT_DOUBLE_EQ(scores.ndcg, (1 / std::log2(3) + 2 / std::log2(5)) / ideal);
  EXPECT_DOUBLE_EQ(scores.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(scores.mrr, 0.5);
  const QuestionScores first = score_ranking(ranked, grades, 1);
  EXPECT_EQ(first.ndcg, 0);
  EXPECT_EQ(first.mrr, 0);
  EXPECT_DOUBLE_EQ(first.recall, 2.0 / 3);
  EXPECT_EQ(score_ranking(std::vector<std::string>{}, grades, 10).ndcg, 0);
  EXPECT_EQ(score_ranking(std::vector<std::string>{"a", "b", "d"}, grades, 10).ndcg, 1);
}

TEST(Evaluate, IntervalsHoldTheMeanAndAreTheSameEachTime) {
  std::vector<double> values;
  for (int i = 0; i < 200; ++i) values.push_back(i % 2);
  const Estimate estimate = bootstrap(values);
  EXPECT_DOUBLE_EQ(estimate.mean, 0.5);
  EXPECT_NEAR(estimate.low, 0.5 - 1.96 * 0.5 / std::sqrt(200), 0.01);
  EXPECT_NEAR(estimate.high, 0.5 + 1.96 * 0.5 / std::sqrt(200), 0.01);
  EXPECT_EQ(bootstrap(values).low, estimate.low);
  EXPECT_EQ(bootstrap(std::vector<double>{}).mean, 0);
}

TEST(Evaluate, ReadsTheFormOfBeirAndSaysWhatIsWrong) {
  const auto folder = std::filesystem::temp_directory_path() / ("evaluate_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string queries = folder / "q", qrels = folder / "r";
  std::ofstream(queries) << "{\"_id\": \"1\", \"text\": \"pears\"}\n{\"_id\": \"2\", \"text\": \"figs\"}\n";
  std::ofstream(qrels) << "query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\t0\n2\ta\t0\n3\ta\t1\r\n";
  const auto set = read_judged(queries, qrels);
  ASSERT_TRUE(set.ok()) << set.status().to_string();
  ASSERT_EQ(set->questions.size(), 1U);  // the second has nothing relevant
  EXPECT_EQ(set->questions[0].grades.at("a"), 2);
  EXPECT_EQ(set->judgements, 4);
  std::ofstream(qrels) << "1\ta\t2\n1\tb\n";
  EXPECT_THAT(read_judged(queries, qrels).status().to_string(), ::testing::HasSubstr(":2"));
  std::ofstream(qrels) << "7\ta\t2\n";
  EXPECT_EQ(read_judged(queries, qrels).status().code(), Code::kInvalidArgument);
  std::ofstream(queries) << "pears\n";
  EXPECT_THAT(read_judged(queries, qrels).status().to_string(), ::testing::HasSubstr(":1"));
  EXPECT_EQ(read_judged(folder / "none", qrels).status().code(), Code::kNotFound);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millpond::ask
