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

TEST(Sentences, LabelsOfRemarksAreLeftOut) {
  EXPECT_THAT(cut("NOTE: The key is flat.\n\nTip:\nTurn it twice."), ElementsAre("The key is flat.", "Turn it twice."));
  EXPECT_THAT(cut("Notes: none."), ElementsAre("Notes: none."));
}

TEST(Sentences, TitlesOfBoxesAreNoSentences) {
  const auto titles = [](std::string_view text) {
    std::vector<std::string> found;
    for (const Span span : sentences_of(text))
      if (is_box_title(text, span)) found.emplace_back(text.substr(span.begin, span.end - span.begin));
    return found;
  };
  EXPECT_THAT(titles("It ends.\n\nTIP Finding a package\n\nAsk dpkg for it."), ElementsAre("TIP Finding a package"));
  EXPECT_THAT(titles("BACK TO BASICS Which shell"), ElementsAre("BACK TO BASICS Which shell"));
  EXPECT_THAT(titles("DNS servers answer.\n\nPLEASE READ THIS\n\nA plain line\n\nXML is text\nof a kind"), IsEmpty());
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
