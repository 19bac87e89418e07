#include <gtest/gtest.h>

#include "serve/api/event_stream.h"
#include "serve/openai/filters.h"
#include "serve/openai/multipart.h"
#include "serve/openai/stored_json.h"

namespace millpond::serve::openai {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=\"xyz\"";

TEST(Multipart, ReadsFieldsAndFiles) {
  const std::string body =
      "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n"
      "--xyz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".txt\"\r\nContent-Type: "
      "text/plain\r\n\r\n"
      "one\r\n--xy\r\ntwo\r\n--xyz--\r\n";
  const auto parts = parse_form(kType, body);
  ASSERT_TRUE(parts.ok()) << parts.status().to_string();
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "purpose");
  EXPECT_EQ((*parts)[0].content, "assistants");
  EXPECT_EQ((*parts)[1].filename, "a \"b\".txt");
  EXPECT_EQ((*parts)[1].content, "one\r\n--xy\r\ntwo");
}

TEST(Multipart, RefusesWhatIsCutOffOrNoForm) {
  EXPECT_FALSE(parse_form("application/json", "{}").ok());
  EXPECT_FALSE(parse_form("multipart/form-data", "--xyz--").ok());
  EXPECT_FALSE(parse_form(kType, "").ok());
  EXPECT_FALSE(parse_form(kType, "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhalf").ok());
  EXPECT_FALSE(parse_form(kType, "--xyz\r\nno end of head").ok());
  EXPECT_TRUE(parse_form(kType, "--xyz--")->empty());
}

TEST(Filters, CompareAndCombine) {
  const Json attributes = {{"fruit", "pear"}, {"month", 9}, {"ripe", true}};
  const auto holds = [&](const Json& filter) {
    EXPECT_TRUE(check_filter(filter).ok()) << filter.dump();
    return matches(filter, attributes);
  };
  const auto one = [](const char* type, const char* key, Json value) {
    return Json{{"type", type}, {"key", key}, {"value", value}};
  };
  EXPECT_TRUE(holds(one("eq", "fruit", "pear")));
  EXPECT_FALSE(holds(one("ne", "fruit", "pear")));
  EXPECT_TRUE(holds(one("gt", "month", 8.5)));
  EXPECT_FALSE(holds(one("gt", "fruit", 1)));
  EXPECT_TRUE(holds(one("lte", "month", 9)));
  EXPECT_TRUE(holds(one("in", "fruit", Json::array({"plum", "pear"}))));
  EXPECT_TRUE(holds(one("nin", "colour", Json::array({"red"}))));
  EXPECT_FALSE(holds(one("eq", "colour", "red")));
  EXPECT_TRUE(holds({{"type", "or"}, {"filters", {one("eq", "month", 1), one("eq", "ripe", true)}}}));
  EXPECT_FALSE(holds({{"type", "and"}, {"filters", {one("eq", "month", 1), one("eq", "ripe", true)}}}));
}

TEST(Filters, BecomeConditionsOnColumns) {
  const Schema columns = {{"uri", utf8()}, {"tokens", int64()}};
  const auto one = [&](const char* type, const char* key, Json value) {
    return row_filter(Json{{"type", type}, {"key", key}, {"value", value}}, columns);
  };
  EXPECT_EQ(one("gt", "tokens", 8).compare, pond::Compare::kGreater);
  EXPECT_EQ(one("in", "uri", Json::array({"a", 1, "b"})).values.size(), 2U);
  EXPECT_EQ(one("eq", "tokens", "8").kind, pond::Filter::Kind::kFalse);
  EXPECT_EQ(one("eq", "colour", "red").kind, pond::Filter::Kind::kFalse);
  EXPECT_EQ(one("nin", "colour", Json::array({"red"})).kind, pond::Filter::Kind::kTrue);
  EXPECT_EQ(one("ne", "uri", "a").kind, pond::Filter::Kind::kOr);  // or null
}

TEST(Filters, RefusesWhatIsNone) {
  for (const char* text :
       {"1", "{}", R"({"type":"like","key":"a","value":"b"})", R"({"type":"eq","key":"a"})",
        R"({"type":"in","key":"a","value":"b"})", R"({"type":"and"})", R"({"type":"eq","key":1,"value":1})"}) {
    EXPECT_FALSE(check_filter(Json::parse(text)).ok()) << text;
  }
  Json deep = {{"type", "eq"}, {"key", "a"}, {"value", 1}};
  for (int i = 0; i < 40; ++i) deep = {{"type", "and"}, {"filters", Json::array({deep})}};
  EXPECT_EQ(check_filter(deep).code(), Code::kResourceExhausted);
}

TEST(SafeFilename, KeepsNoPath) {
  EXPECT_EQ(safe_filename("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_filename("c:\\a\\b.pdf"), "b.pdf");
  EXPECT_EQ(safe_filename(".."), "file");
  EXPECT_EQ(safe_filename(""), "file");
  EXPECT_EQ(safe_filename(std::string(300, 'a') + ".pdf").size(), 200U);
  EXPECT_TRUE(safe_filename(std::string(300, 'a') + ".pdf").ends_with(".pdf"));
}

TEST(EventStream, SendsInOrderAndEndsWhenTheClientGoesAway) {
  Context context;
  EventStream three([](const EventStream::Emit& emit, Context&) {
    for (int i = 0; i < 3; ++i) (void)emit(EventStream::event({{"i", i}}, "n"));
  });
  std::string all;
  while (true) {
    auto piece = three.next(context);
    ASSERT_TRUE(piece.ok());
    if (!piece->has_value()) break;
    all += **piece;
  }
  EXPECT_EQ(all, "event: n\ndata: {\"i\":0}\n\nevent: n\ndata: {\"i\":1}\n\nevent: n\ndata: {\"i\":2}\n\n");

  Status last;
  {
    EventStream endless([&last](const EventStream::Emit& emit, Context& own) {
      while (last.ok()) last = emit("data: x\n\n");
      EXPECT_FALSE(own.check().ok());
    });
    ASSERT_TRUE(endless.next(context).ok());
  }
  EXPECT_EQ(last.code(), Code::kCancelled);
}

}  // namespace
}  // namespace millpond::serve::openai
