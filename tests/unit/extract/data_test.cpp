// Records as tables: CSV, TSV, JSON, JSON Lines.
#include "millpond/extract/data.h"

#include "text_show.h"

namespace millpond::extract {
namespace {

TEST(Csv, SeparatorHeaderAndQuotes) {
  const Document table = document_of(parse_csv, "name;note\noak;\"a; \"\"b\"\"\nc\"\nelm;\n");
  EXPECT_EQ(show(table), "table name⇥note⏎oak⇥a; \"b\" c⏎elm⇥\n");
  EXPECT_NE(table.elements[0].html.find("<th>name</th>"), std::string::npos);
  EXPECT_EQ(table.metadata.at("rows"), "2");
  EXPECT_EQ(document_of(parse_csv, "1,2\n3,4\n").metadata.at("rows"), "2");  // no header
  EXPECT_EQ(parsed(parse_tsv, "a\tb, c\n1\t2\n"), "table a⇥b, c⏎1⇥2\n");
  EXPECT_EQ(parsed(parse_csv, "a,b\n\"open,1\nx,y\n"), "table a⇥b⏎\"open⇥1⏎x⇥y\n");
  EXPECT_EQ(parsed(parse_csv, "sep=;\nx;y,z\n1;2\n"), "table x⇥y,z⏎1⇥2\n");
}

TEST(Csv, HostileRowsAreRefused) {
  EXPECT_EQ(parse_csv(std::string(100'000, ','), Limits()).status().code(), Code::kResourceExhausted);
  Limits tight;
  tight.output_bytes = 20;
  EXPECT_EQ(parse_csv("a,b\n1,2\n3,4\n5,6\n", tight).status().code(), Code::kResourceExhausted);
}

TEST(Json, RecordsAreATable) {
  const std::string records = R"([{"a": 1, "b": "x"}, {"b": "y", "c": [1, 2]}, {"a": 1e-3, "b": {"k": null}}])";
  EXPECT_EQ(parsed(parse_json, records), "table a⇥b⇥c⏎1⇥x⇥⏎⇥y⇥1, 2⏎1e-3⇥{\"k\": null}⇥\n");
  EXPECT_EQ(parsed(parse_json, "{\"a\": 1, \"b\": 2}\n{\"a\": 3, \"b\": 4}\n"), "table a⇥b⏎1⇥2⏎3⇥4\n");
}

TEST(Json, ObjectsAreSections) {
  const Document document =
      document_of(parse_json, R"({"title": "Mill", "open": true, "none": null, "wheels": [{"k": "oak"}, {"k": "elm"}],
                      "parts": {"stone": "\u00fcber \ud83d\ude00", "tags": ["a", "b"]}})");
  EXPECT_EQ(document.title, "Mill");
  EXPECT_EQ(show(document),
            "para title: Mill\npara open: true\ntitle1 wheels\ntable k⏎oak⏎elm\ntitle1 parts\n"
            "para stone: über 😀\npara tags: a, b\n");
}

TEST(Json, SaysWhereItBreaks) {
  EXPECT_EQ(parsed(parse_json, "{\"a\": 1,}"), "invalid_argument: no key where one must stand, at byte 8");
  EXPECT_EQ(parsed(parse_json, "[1, 2"), "invalid_argument: neither comma nor bracket behind a value, at byte 5");
  EXPECT_EQ(parse_json(std::string(10'000, '['), Limits()).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace millpond::extract
