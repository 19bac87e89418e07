#include "index/fusion.h"

#include <gtest/gtest.h>

#include "index/feedback.h"

namespace millpond::index {
namespace {

/// Rows 0–9 are what the words leg likes; the favourites of the vector leg begin at row `vector_from`.
FusionInput legs(int vector_from) {
  FusionInput input;
  for (int i = 0; i < 20; ++i) {
    Hit hit;
    hit.row = i;
    hit.words.score = i < 10 ? 10.0 - 0.5 * i : 0.1;
    hit.vector.score = i >= vector_from && i < vector_from + 10 ? 0.8 - 0.02 * (i - vector_from) : 0.05;
    input.candidates.push_back(hit);
  }
  return input;
}

TEST(Fusion, LegsThatAgreeShareTheWeight) {
  FusionInput input = legs(1);
  const FusionWeights weights = fuse(input);
  EXPECT_NEAR(weights.words, 0.5, 0.05);
  for (const Hit& hit : input.candidates) {
    EXPECT_GE(hit.score, 0);
    EXPECT_LE(hit.score, 1);
  }
}

TEST(Fusion, AVectorLegThatLikesRandomRowsIsLost) {
  FusionInput input = legs(10);
  EXPECT_LT(fuse(input).vector, 0.05);
}

TEST(Fusion, AWordsLegWhoseWordsNobodyKnowsIsLost) {
  FusionInput input = legs(10);
  input.words_known = 0.1;
  EXPECT_LT(fuse(input).words, 0.05);
}

TEST(Fusion, KnownWordsAreCountedByWeight) {
  const std::vector<QueryTerm> terms = {{"common", 1, 500, 0.7}, {"rare", 1, 2, 6.0}, {"misspelt", 1, 0, 7.6}};
  EXPECT_NEAR(words_known(terms, 1000), 6.7 / (6.7 + 6.5), 0.01);
  EXPECT_EQ(words_known({}, 1000), 1);
}

TEST(Fusion, TheShareOfTheVectorLegCanBeSet) {
  FusionInput input = legs(1);
  input.vector_share = 0.8;
  EXPECT_NEAR(fuse(input).vector, 0.8, 0.05);
}

TEST(Feedback, IsTrustedWhereSeveralRowsAreGood) {
  const std::vector<double> close = {1, 0.95, 0.9, 0.9, 0.85, 0.8}, alone = {1, 0.1, 0.1, 0.1, 0, 0};
  EXPECT_NEAR(feedback_trust(close), 0.8, 1e-9);
  EXPECT_NEAR(feedback_trust(alone), 0, 1e-9);
  EXPECT_EQ(feedback_trust({}), 0);
}

TEST(Feedback, LiftsRowsThatAreMoreLikeTheFirstThanMostAre) {
  std::vector<Hit> hits(4);
  for (std::size_t i = 0; i < hits.size(); ++i) hits[i].score = 0.5;
  const double share = lift(hits, {0.1, 0.2, 0.2, 0.9}, 0.25);
  EXPECT_DOUBLE_EQ(share, 0.2);
  EXPECT_DOUBLE_EQ(hits[0].score, 0.4);
  EXPECT_DOUBLE_EQ(hits[1].score, 0.4);
  EXPECT_DOUBLE_EQ(hits[3].score, 0.6);
  EXPECT_DOUBLE_EQ(hits[3].feedback, 1);
}

TEST(Fusion, NothingInNothingOut) {
  FusionInput input;
  fuse(input);
  EXPECT_TRUE(input.candidates.empty());
}

}  // namespace
}  // namespace millpond::index
