#include "sql/sql_text.h"

#include <gmock/gmock.h>

namespace millpond::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SqlText, QuotesNamesAndTexts) {
  EXPECT_EQ(quoted_name("a \"b\""), "\"a \"\"b\"\"\"");
  EXPECT_EQ(quoted_text("it's"), "'it''s'");
}

TEST(SqlText, CutsAScriptAtSemicolonsOutsideOfQuotesAndComments) {
  EXPECT_THAT(statements_of("select 1; select 2"), ElementsAre("select 1", "select 2"));
  EXPECT_THAT(statements_of("select ';' as \"a;b\";"), ElementsAre("select ';' as \"a;b\""));
  EXPECT_THAT(statements_of("select 1 -- ; no\n, 2; ; "), ElementsAre("select 1 -- ; no\n, 2"));
  EXPECT_THAT(statements_of("/* a; /* b; */ c; */ select 1"), ElementsAre("select 1"));
  EXPECT_THAT(statements_of("select $$a;b$$, $x$c;$$d$x$; select e'\\';'"),
              ElementsAre("select $$a;b$$, $x$c;$$d$x$", "select e'\\';'"));
  EXPECT_THAT(statements_of(" ;; -- nothing"), IsEmpty());
}

TEST(SqlText, KnowsWhenAStatementIsComplete) {
  EXPECT_TRUE(is_complete("select 1;"));
  EXPECT_TRUE(is_complete("select 1; -- done"));
  EXPECT_FALSE(is_complete("select 1"));
  EXPECT_FALSE(is_complete("select ';"));
  EXPECT_FALSE(is_complete("select 1; /* more"));
  EXPECT_FALSE(is_complete("select \"a;"));
  EXPECT_FALSE(is_complete(""));
}

TEST(SqlText, NamesLoseTheirQuotes) {
  const auto tokens = tokens_of("Insert INTO \"my \"\"t\"\"\" values (1, 'x')");
  ASSERT_GE(tokens.size(), 4U);
  EXPECT_TRUE(tokens[0].is("insert"));
  EXPECT_EQ(tokens[2].name(), "my \"t\"");
  EXPECT_FALSE(tokens[2].is("my \"t\""));
}

}  // namespace
}  // namespace millpond::sql
