#include "ask/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millpond::ask {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> cut(std::string_view text) {
  std::vector<std::string> sentences;
  for (const Span span : sentences_of(text)) sentences.emplace_back(text.substr(span.begin, span.end - span.begin));
  return sentences;
}

TEST(Sentences, AreCutAtFullStopsAndEmptyLines) {
  EXPECT_THAT(cut("One here. Two here!\n\nA heading\n\nThree."),
              ElementsAre("One here.", "Two here!", "A heading", "Three."));
}

TEST(Sentences, ListItemsStandAloneWithoutTheirBullets) {
  EXPECT_THAT(cut("You need:\n- a lamp\n- oil. And a wick\n1. light it"),
              ElementsAre("You need:", "a lamp", "oil.", "And a wick", "light it"));
}

TEST(Sentences, RowsOfATableStandAlone) {
  EXPECT_THAT(cut("Options:\noption\tdefault\ntokens_max\t256\nend of it\nwraps here."),
              ElementsAre("Options:", "option\tdefault", "tokens_max\t256", "end of it\nwraps here."));
}

TEST(Sentences, BlanksHoldNone) { EXPECT_THAT(cut(" \n\n \t"), IsEmpty()); }

TEST(Evidence, CoverageCountsWordsByTheirWeight) {
  const auto analyzer = *index::Analyzer::make("english");
  index::Found found;
  found.rows = 1000;
  found.terms = {{"notic", 1, 3, 5.0}, {"period", 1, 400, 0.9}};
  const QuestionWords words = question_words(*analyzer, "How long is the notice period of penguins?", found);
  EXPECT_EQ(words.weights.size(), 4U) << "long, notice, period, penguin; how, is, the and of carry no content";
  EXPECT_GT(covered_by(words, content_terms(*analyzer, "Notice must be given.")),
            covered_by(words, content_terms(*analyzer, "This period is over.")));
  EXPECT_DOUBLE_EQ(covered_by(words, content_terms(*analyzer, "long notice period penguins")), 1);
}

}  // namespace
}  // namespace millpond::ask
