// What parse_markdown reads.
#include "millpond/extract/markdown.h"

#include "text_show.h"

namespace millpond::extract {
namespace {

std::string read(std::string_view bytes) { return parsed(parse_markdown, bytes); }

TEST(Markdown, HeadingsAndParagraphs) {
  EXPECT_EQ(
      read("# Top\n\nSome *emphasised*, **strong** and `code`\nin one paragraph.\n\nSetext\n------\n\n> quoted\n"),
      "title1 Top\npara Some emphasised, strong and code in one paragraph.\ntitle2 Setext\npara quoted\n");
}

TEST(Markdown, LinksKeepTheirTextAndReferencesAreDecoded) {
  EXPECT_EQ(read("See [the manual](http://x.org/a \"t\") &amp; <http://y.org>, ![a picture](p.png)\n"),
            "para See the manual & http://y.org, a picture\n");
}

TEST(Markdown, NestedListsAndTasks) {
  EXPECT_EQ(read("- one\n  - inner\n    1. deep\n- two\n\n  more of two\n- [x] done\n"),
            "item1 one\nitem2 inner\nitem3 1. deep\nitem1 two\npara more of two\nitem1 done\n");
  EXPECT_EQ(read("7) a\n   - b\n7) c\n\n   more\n"), "item1 7) a\nitem2 b\nitem1 8) c\npara more\n");
}

TEST(Markdown, CodeKeepsItsLayout) {
  EXPECT_EQ(read("```cpp\nint main() {\n  return 0;\n}\n```\n\n    indented\n      more\n"),
            "code int main() {⏎  return 0;⏎}\ncode indented⏎  more\n");
}

TEST(Markdown, TablesBecomeHtml) {
  const Document document = document_of(parse_markdown, "| a | b |\n|---|:-:|\n| 1 | `x<y` |\n");
  ASSERT_EQ(show(document), "table a⇥b⏎1⇥x<y\n");
  EXPECT_EQ(document.elements[0].html,
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>x&lt;y</td></tr></table>");
}

TEST(Markdown, EmptyTablesAreNoElements) { EXPECT_EQ(read("| | |\n|---|---|\n\nText\n"), "para Text\n"); }

TEST(Markdown, HtmlBlocksGoThroughTheHtmlParser) {
  EXPECT_EQ(read("Text\n\n<details><summary>More</summary><p>Hidden <b>text</b></p></details>\n\n<!-- not this "
                 "-->\n\nEnd<br>here\n"),
            "para Text\npara More\npara Hidden text\npara End⏎here\n");
}

TEST(Markdown, Formulas) {
  EXPECT_EQ(read("Inline $a^2$ here.\n\n$$\nE = mc^2\n$$\n"), "para Inline a^2 here.\nformula E = mc^2\n");
}

TEST(Markdown, FrontMatterBecomesMetadata) {
  const Document document = document_of(
      parse_markdown, "---\ntitle: \"Leave policy\"\nlang: en\nauthor: Jo\ntags: [hr, policy]\n---\n\n# Heading\n");
  EXPECT_EQ(document.title, "Leave policy");
  EXPECT_EQ(document.language, "en");
  EXPECT_EQ(document.metadata.at("author"), "Jo");
  EXPECT_EQ(document.metadata.at("tags"), "hr, policy");
  EXPECT_EQ(show(document), "title1 Heading\n");
  EXPECT_EQ(read("---\n\nA rule, then text.\n\n---\n"), "para A rule, then text.\n");
}

TEST(Markdown, TheFirstHeadingIsTheTitle) {
  EXPECT_EQ(document_of(parse_markdown, "intro\n\n# The Mill\n\n# Other\n").title, "The Mill");
}

TEST(Markdown, DeepNestingNeitherCrashesNorLosesText) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "> ";
  EXPECT_NE(read(text + "deep").find("deep"), std::string::npos);
  EXPECT_NE(read(std::string(20000, '[') + "x").find("x"), std::string::npos);
}

}  // namespace
}  // namespace millpond::extract
