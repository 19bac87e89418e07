#include "millpond/ask/passage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millpond::ask {
namespace {

using ::testing::ElementsAre;

TEST(Passage, NamesTheSectionOfEachPlaceWhereSectionsWereJoined) {
  const Passage passage{
      .text = "Before.\n\nB\n\nBee.\n\nLong\ntitle\n\nSea.", .heading_path = {"A"}, .titles = {9, 18}};
  EXPECT_THAT(section_at(passage, 0), ElementsAre("A"));
  EXPECT_THAT(section_at(passage, 8), ElementsAre("A"));
  EXPECT_THAT(section_at(passage, 9), ElementsAre("A", "B"));
  EXPECT_THAT(section_at(passage, 12), ElementsAre("A", "B"));
  EXPECT_THAT(section_at(passage, 30), ElementsAre("A", "Long title"));
}

TEST(Passage, ATitleBeyondTheTextNamesNothing) {
  EXPECT_THAT(section_at({.text = "x", .heading_path = {"A"}, .titles = {7}}, 9), ElementsAre("A"));
}

}  // namespace
}  // namespace millpond::ask
