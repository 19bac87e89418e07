#include <gtest/gtest.h>

#include "serve/mcp/message.h"

namespace millpond::serve {
namespace {

TEST(JsonText, RefusesWhatIsNestedTooDeeplyAndWhatIsNoJson) {
  EXPECT_TRUE(parse_json(std::string(60, '[') + std::string(60, ']')).ok());
  EXPECT_EQ(parse_json(std::string(100'000, '[')).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_json(std::string(70, '[') + std::string(70, ']')).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(parse_json("{\"a\":1").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(parse_json("").status().code(), Code::kInvalidArgument);
}

TEST(JsonText, ReplacesBytesThatAreNoText) { EXPECT_EQ(dump("a\xff"), "\"a\xEF\xBF\xBD\""); }

TEST(JsonText, ChecksArgumentsAndFillsInDefaults) {
  const Json schema = {{"type", "object"},
                       {"properties",
                        {{"query", {{"type", "string"}, {"maxLength", 4}}},
                         {"limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", 9}, {"default", 5}}}}},
                       {"required", {"query"}},
                       {"additionalProperties", false}};
  const auto check = [&](Json value) { return check_schema(schema, value, "search"); };
  Json fine = {{"query", "a"}};
  EXPECT_TRUE(check_schema(schema, fine, "search").ok());
  EXPECT_EQ(fine["limit"], 5);
  EXPECT_EQ(check({{"limit", 1}}).message(), "search needs query");
  EXPECT_EQ(check({{"query", "a"}, {"limit", 0}}).message(), "search.limit must be at least 1: 0");
  EXPECT_EQ(check({{"query", 7}}).message(), "search.query must be of type string, not: 7");
  EXPECT_EQ(check({{"query", "a"}, {"tables", 1}}).message(), "search has no member: tables");
  EXPECT_EQ(check({{"query", "abcde"}}).code(), Code::kResourceExhausted);
  EXPECT_FALSE(check(Json::array()).ok());
}

TEST(JsonRpc, ReadsRequestsNotificationsAndWhatIsWrong) {
  using mcp::parse_message;
  const auto request = parse_message(R"({"jsonrpc":"2.0","id":"a","method":"ping"})");
  EXPECT_FALSE(request.error);
  EXPECT_EQ(*request.message.id, "a");
  EXPECT_TRUE(request.message.params.is_object());
  EXPECT_FALSE(parse_message(R"({"jsonrpc":"2.0","method":"x"})").message.id);
  EXPECT_EQ(parse_message("{").error->code, mcp::kParseError);
  EXPECT_EQ(parse_message("[]").error->code, mcp::kInvalidRequest);
  EXPECT_EQ(parse_message(R"({"jsonrpc":"1.0","id":1,"method":"x"})").error->code, mcp::kInvalidRequest);
  EXPECT_EQ(parse_message(R"({"jsonrpc":"2.0","id":null,"method":"x"})").error->code, mcp::kInvalidRequest);
  const auto params = parse_message(R"({"jsonrpc":"2.0","id":3,"method":"x","params":[1]})");
  EXPECT_EQ(params.error->code, mcp::kInvalidParams);
  EXPECT_EQ(mcp::error_text(params.message.id, *params.error).find(R"({"jsonrpc":"2.0","id":3,"error":{"code":-32602)"),
            0U);
}

}  // namespace
}  // namespace millpond::serve
