#include "ask/time_mark.h"

#include <gtest/gtest.h>

namespace millpond::ask {
namespace {

TEST(TimeMark, IsThatOfTheParagraph) {
  const std::string_view text =
      "Transcript\n[0:00:07] The wheel turns. [loudly] It stands.\n[12:01:40] The gate opens.";
  EXPECT_EQ(time_at(text, static_cast<std::uint32_t>(text.find("wheel"))), "0:00:07");
  EXPECT_EQ(time_at(text, static_cast<std::uint32_t>(text.find("stands"))), "0:00:07");
  EXPECT_EQ(time_at(text, static_cast<std::uint32_t>(text.find("[12"))), "12:01:40");
  EXPECT_EQ(time_at(text, static_cast<std::uint32_t>(text.find("gate"))), "12:01:40");
  EXPECT_EQ(time_at(text, 3), "");
}

TEST(TimeMark, IsNothingElseInBrackets) {
  for (const std::string_view text :
       {"", "[1] a note", "[0:7] x", "[::00:00] x", "a[0:00:07] x", "[0:00:07", "[:00:07] x"}) {
    EXPECT_EQ(time_at(text, static_cast<std::uint32_t>(text.size())), "") << text;
  }
}

}  // namespace
}  // namespace millpond::ask
