#include "sql/query_tree.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace millpond::sql {
namespace {

using nlohmann::json;
const auto no_aggregate = [](const std::string& name) { return name == "sum"; };

json select(json node) {
  node["type"] = "SELECT_NODE";
  return {{"error", false}, {"statements", json::array({{{"node", node}}})}};
}
json table(const char* name) { return {{"type", "BASE_TABLE"}, {"table_name", name}}; }
json function(const char* name) { return {{"class", "FUNCTION"}, {"type", "FUNCTION"}, {"function_name", name}}; }

TEST(QueryTree, APlainSelectIsRowWise) {
  json node = {{"from_table", table("chunks")}, {"select_list", json::array({function("UPPER")})}};
  node["from_table"]["alias"] = "c";
  const auto facts = facts_of(select(node), no_aggregate);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->why_whole, "");
  EXPECT_EQ(facts->only_table, "c");
  EXPECT_THAT(facts->tables, testing::ElementsAre("chunks"));
  EXPECT_THAT(facts->functions, testing::ElementsAre("upper"));
}

TEST(QueryTree, SaysWhyNot) {
  const auto why = [](json node) { return facts_of(select(std::move(node)), no_aggregate)->why_whole; };
  EXPECT_EQ(why({{"from_table", table("t")}, {"select_list", json::array({function("sum")})}}), "it aggregates");
  EXPECT_EQ(why({{"from_table", table("t")}, {"modifiers", json::array({{{"type", "LIMIT_MODIFIER"}}})}}),
            "it limits rows");
  EXPECT_EQ(why({{"from_table", {{"type", "JOIN"}, {"left", table("a")}, {"right", table("b")}}}}), "it joins tables");
  EXPECT_EQ(why({{"from_table", table("t")}, {"group_expressions", json::array({1})}}), "it groups rows");
}

TEST(QueryTree, CommonTableExpressionsAreNoTables) {
  const json inner = {{"type", "SELECT_NODE"}, {"from_table", table("chunks")}};
  const json map = json::array({{{"key", "q"}, {"value", {{"query", {{"node", inner}}}}}}});
  const auto facts = facts_of(select({{"cte_map", {{"map", map}}}, {"from_table", table("Q")}}), no_aggregate);
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(facts->tables, testing::ElementsAre("chunks"));
  EXPECT_EQ(facts->why_whole, "it has a WITH");
}

TEST(QueryTree, AnErrorIsTold) {
  const auto facts = facts_of({{"error", true}, {"error_message", "syntax error"}}, no_aggregate);
  EXPECT_EQ(facts.status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::sql
