#include "millpond/flow/origin.h"

#include <gtest/gtest.h>

namespace millpond::flow {
namespace {

TEST(CommandText, CanBeTypedAgain) {
  EXPECT_EQ(command_text({"millpond", "build", "--pond", "/my docs"}), "millpond build --pond '/my docs'");
  EXPECT_EQ(command_text({"a", "", "it's"}), "a '' 'it'\\''s'");
}

TEST(CommandText, HoldsNoSecret) {
  EXPECT_EQ(command_text({"millpond", "add", "postgres://ann:s3cret@host/db?sslmode=require"}),
            "millpond add postgres://***@host/db?sslmode=require");
  EXPECT_EQ(command_text({"x", "https://h/p?api_key=abc&q=1&token=t#f"}),
            "x 'https://h/p?api_key=***&q=1&token=***#f'");
  EXPECT_EQ(command_text({"x", "--api-key", "abc", "--token=def", "-q"}), "x --api-key *** --token=*** -q");
  EXPECT_EQ(command_text({"x", "https://ann@host/a@b"}), "x https://***@host/a@b");
}

}  // namespace
}  // namespace millpond::flow
