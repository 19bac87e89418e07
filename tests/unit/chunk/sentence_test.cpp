#include "chunk/sentence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunk/text_edges.h"

namespace millpond::chunk {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> sentences(std::string_view text) {
  std::vector<std::string> found;
  for (std::uint32_t at = 0; at < text.size();) {
    const std::uint32_t end = sentence_end(text, at);
    EXPECT_GT(end, at);
    const ByteRange range = trim(text, {at, end});
    if (!range.empty()) found.emplace_back(sub(text, range));
    at = end;
  }
  return found;
}

TEST(SentenceTest, ends_at_marks_before_white_space) {
  EXPECT_THAT(sentences("One. Two! Three? Four"), ElementsAre("One.", "Two!", "Three?", "Four"));
  EXPECT_THAT(sentences("Really?! (Yes.) \"So.\" Then."), ElementsAre("Really?!", "(Yes.)", "\"So.\"", "Then."));
}

TEST(SentenceTest, passes_numbers_abbreviations_and_initials) {
  EXPECT_THAT(sentences("Pi is 3.14. See Fig. 3 by J. Smith, e.g. Dr. Who. End."),
              ElementsAre("Pi is 3.14.", "See Fig. 3 by J. Smith, e.g. Dr. Who.", "End."));
  EXPECT_THAT(sentences("It uses foo.bar and x. y is next. Done."),
              ElementsAre("It uses foo.bar and x. y is next.", "Done."));
}

TEST(SentenceTest, knows_marks_of_other_scripts) {
  EXPECT_THAT(sentences("今日は。「明日も。」元気？はい"), ElementsAre("今日は。", "「明日も。」", "元気？", "はい"));
  EXPECT_THAT(sentences("यह है। वह है।"), ElementsAre("यह है।", "वह है।"));
  EXPECT_THAT(sentences("كيف؟ نعم"), ElementsAre("كيف؟", "نعم"));
}

TEST(SentenceTest, ends_at_an_empty_line) {
  EXPECT_THAT(sentences("a title\n \nSome text\nwith a line"), ElementsAre("a title", "Some text\nwith a line"));
}

}  // namespace
}  // namespace millpond::chunk
