// The scores of tools/safety/train_text.py, which trained the weights and has its own reading of words.

#include "curate/safety/passage_scores.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace millpond::curate {
namespace {

TEST(PassageScores, AreThoseOfTheTraining) {
  std::ifstream file(MILLPOND_SOURCE_DIR "/tests/golden/safety/texts.jsonl");
  PassageScores toxicity(Concern::kToxicity), nsfw(Concern::kNsfw);
  int texts = 0, above = 0;
  for (std::string line; std::getline(file, line); ++texts) {
    const auto row = nlohmann::json::parse(line);
    const std::string text = row["text"];
    for (auto& [name, scores] : {std::pair("toxicity", &toxicity), std::pair("nsfw", &nsfw)}) {
      const PassageScore score = scores->score(text).value_or(PassageScore{});
      EXPECT_NEAR(score.worst, row[name][0].get<double>(), 2e-4) << name << ": " << text;
      EXPECT_NEAR(score.share, row[name][1].get<double>(), 2e-4) << name << ": " << text;
      above += score.worst >= 0.5;
    }
  }
  EXPECT_GE(texts, 12);
  EXPECT_GE(above, 3);
}

TEST(PassageScores, DoNotDependOnWhatCameBefore) {
  PassageScores scores(Concern::kToxicity);
  const auto first = scores.score("What an idiot you are.");
  ASSERT_TRUE(first);
  scores.score("Some other text with an idiot in it, and without a full stop");
  EXPECT_EQ(scores.score("What an idiot you are.")->worst, first->worst);
  EXPECT_EQ(scores.score("What an idiot idiot you are.")->share, 1);
  EXPECT_FALSE(scores.score("-- ... ''"));
}

}  // namespace
}  // namespace millpond::curate
