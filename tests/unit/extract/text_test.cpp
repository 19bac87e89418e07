// What parse_text reads out of plain text.
#include "millpond/extract/text.h"

#include "text_show.h"

namespace millpond::extract {
namespace {

std::string read(std::string_view bytes) { return parsed(parse_text, bytes); }

TEST(Text, BlankLinesPartParagraphsAndWrappedLinesAreJoined) {
  EXPECT_EQ(read("The notice period is three months to the end\n"
                 "of a quarter, unless the contract says other-\n"
                 "wise.\n\nA second paragraph.\n"),
            "para The notice period is three months to the end of a quarter, unless the contract says other-wise.\n"
            "para A second paragraph.\n");
}

TEST(Text, ShortLinesKeepTheirBreaks) {
  EXPECT_EQ(read("Jane Doe\n12 Mill Lane\nPondville\n"), "para Jane Doe⏎12 Mill Lane⏎Pondville\n");
}

TEST(Text, UnderlinedTitlesGetTheirLevelFromTheOrderOfStyles) {
  EXPECT_EQ(
      read("Handbook\n========\n\nIntroduction\n------------\nSome text.\n\nDetails\n~~~~~~~\n\nNext\n----\n\nMore.\n"),
      "title1 Handbook\ntitle2 Introduction\npara Some text.\ntitle3 Details\ntitle2 Next\npara More.\n");
}

TEST(Text, OverlinedTitleIsTheDocumentsTitle) {
  const Document document = document_of(parse_text, "=======\n Guide\n=======\n\nText.\n");
  EXPECT_EQ(document.title, "Guide");
  EXPECT_EQ(show(document), "title1 Guide\npara Text.\n");
}

TEST(Text, NumberedAndUpperCaseTitlesOnlyWhenTheTextBelowConfirmsThem) {
  EXPECT_EQ(
      read("NAME\n    grep - print lines that match\n\n2.1 Scope\n\nThis document covers everything.\n"),
      "title1 NAME\npara grep - print lines that match\ntitle2 2.1 Scope\npara This document covers everything.\n");
  EXPECT_EQ(read("1998 Was a good year\n\nfor wine.\n"), "para 1998 Was a good year\npara for wine.\n");
  EXPECT_EQ(read("STOP\n"), "para STOP\n");
}

TEST(Text, ListsWithLevels) {
  EXPECT_EQ(read("Things:\n\n- one\n- two, which is\n  longer\n  - inner\n- three\n\n1. first\n2. second\n"),
            "para Things:\nitem1 one\nitem1 two, which is longer\nitem2 inner\nitem1 three\nitem1 1. first\nitem1 2. "
            "second\n");
}

TEST(Text, TablesAndIndentedCodeKeepTheirLayout) {
  EXPECT_EQ(read("+----+----+\n| a  | b  |\n+----+----+\n"), "code +----+----+⏎| a  | b  |⏎+----+----+\n");
  EXPECT_EQ(read("Run this::\n\n    if (x) {\n      y();\n    }\n\nDone.\n"),
            "para Run this::\ncode if (x) {⏎  y();⏎}\npara Done.\n");
  EXPECT_EQ(read("name      size    date\nalpha       12    May\nbeta         7    June\n"),
            "code name      size    date⏎alpha       12    May⏎beta         7    June\n");
}

TEST(Text, EachLongLineIsAParagraph) {
  const std::string line(200, 'x');
  EXPECT_EQ(read(line + "\n" + line + "\n"), "para " + line + "\npara " + line + "\n");
}

TEST(Text, EncodingsAreDetected) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "caf\xC3\xA9"),
            "para café\n");
  EXPECT_EQ(read(std::string_view("\xFF\xFE"
                                  "c\0a\0f\0\xE9\0",
                                  10)),
            "para café\n");
  EXPECT_EQ(read(std::string_view("\0M\0i\0l\0l\0 \0p\0o\0n\0d", 18)), "para Mill pond\n");
  EXPECT_EQ(read("caf\xE9 \x93quoted\x94"), "para café “quoted”\n");
}

TEST(Text, BrokenUtf8IsRepairedNotLost) {
  EXPECT_EQ(read("Größe \xC3 straße žluť\n"), "para Größe \uFFFD straße žluť\n");
}

TEST(Text, TextIsNormalised) {
  EXPECT_EQ(read("e\u0301 a\u00A0b\u200Bc\x01 d\u00ADe"), "para é a bc de\n");
  EXPECT_EQ(read("日本語の文章です。ここで改行しますが、段落\nは続いています。\n"),
            "para 日本語の文章です。ここで改行しますが、段落は続いています。\n");
}

TEST(Text, LimitsAreErrors) {
  Limits limits;
  limits.output_bytes = 10;
  EXPECT_EQ(parse_text(std::string(1000, 'a') + "\n\n" + std::string(1000, 'b') + "\n\nc", limits).status().code(),
            Code::kResourceExhausted);
  limits.input_bytes = 10;
  EXPECT_EQ(parse_text(std::string(11, 'a'), limits).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(read(""), "");
}

}  // namespace
}  // namespace millpond::extract
