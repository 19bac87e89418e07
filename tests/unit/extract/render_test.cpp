#include "millpond/extract/render.h"

#include <gtest/gtest.h>

namespace millpond::extract {
namespace {

Element element(ElementKind kind, std::string text, int level = 0) {
  Element made;
  made.kind = kind;
  made.text = std::move(text);
  made.level = level;
  return made;
}

TEST(Render, ATableKeepsItsSpansThroughHtml) {
  const std::string html =
      "<table><tr><th rowspan=\"2\">a &amp; b</th><td colspan=\"2\">c</td></tr><tr><td>d</td><td></td></tr></table>";
  const TableGrid grid = read_table(html);
  ASSERT_EQ(grid.cells.size(), 4u);
  EXPECT_EQ(grid.rows, 2);
  EXPECT_EQ(grid.columns, 3);
  EXPECT_EQ(grid.cells[0].text, "a & b");
  EXPECT_EQ(grid.cells[2].column, 1) << "the first column is taken by the cell above";
  EXPECT_EQ(table_html(grid), html);
  EXPECT_EQ(table_text(grid), "a & b\tc\t\n\td\t");
}

TEST(Render, MarkdownRepeatsACellThatReachesOverSeveral) {
  Document document;
  document.elements.push_back(element(ElementKind::kTable, ""));
  document.elements[0].html = "<table><tr><td colspan=\"2\">x|y</td></tr><tr><td>1</td><td>2</td></tr></table>";
  EXPECT_EQ(to_markdown(document), "| x\\|y | x\\|y |\n| - | - |\n| 1 | 2 |\n");
}

TEST(Render, MarkdownOfTitlesListsAndCode) {
  Document document;
  document.elements = {element(ElementKind::kTitle, "T", 2),     element(ElementKind::kListItem, "one", 1),
                       element(ElementKind::kListItem, "in", 2), element(ElementKind::kListItem, "1. counted", 1),
                       element(ElementKind::kCode, "a\n```\nb"), element(ElementKind::kFooter, "7")};
  EXPECT_EQ(to_markdown(document), "## T\n\n- one\n  - in\n1. counted\n\n````\na\n```\nb\n````\n");
}

TEST(Render, HtmlEscapesAndSaysThePlace) {
  Document document;
  document.elements.push_back(element(ElementKind::kParagraph, "1 < 2"));
  document.elements[0].page = 3;
  document.elements[0].box = {1, 2, 3, 4};
  EXPECT_NE(to_html(document).find("<p data-page=\"3\" data-box=\"1.0 2.0 3.0 4.0\">1 &lt; 2</p>"), std::string::npos);
}

TEST(Render, PicturesHaveTheirDescriptionAndAnAddress) {
  Document document;
  document.elements = {element(ElementKind::kFigure, "A [red] wheel"), element(ElementKind::kCaption, "Figure 1: It"),
                       element(ElementKind::kFigure, "words\nin it"), element(ElementKind::kFigure, "no picture"),
                       element(ElementKind::kFigure, "")};
  const std::vector<std::string> links = {link_of_path("p/a (1).png"), "", "p/b.png"};
  EXPECT_EQ(to_markdown(document, links),
            "![A \\[red\\] wheel](p/a%20%281%29.png)\n\nFigure 1: It\n\n![](p/b.png)\n\nwords\nin it\n\nno picture\n");
  const std::string html = to_html(document, links);
  EXPECT_NE(
      html.find("<figure><img src=\"p/a%20%281%29.png\" alt=\"A [red] wheel\"><figcaption>Figure 1: It</figcaption>"),
      std::string::npos)
      << html;
  EXPECT_NE(html.find("<img src=\"p/b.png\" alt=\"\">words\nin it</figure>"), std::string::npos) << html;
  EXPECT_NE(html.find("<figure>no picture</figure>"), std::string::npos) << html;
}

TEST(Render, HostileTablesEndInTime) {
  std::string html = "<table><tr>";
  for (int i = 0; i < 5000; ++i) html += "<td rowspan=\"999999\" colspan=\"999999\">x</td>";
  EXPECT_TRUE(read_table(html + "</tr></table>").cells.empty());
  EXPECT_TRUE(read_table("<table><tr><td").cells.empty());
}

TEST(Render, TextKeepsFootnotesForTheEndOfTheChapter) {
  using Kind = ElementKind;
  Document document;
  document.elements = {{Kind::kTitle, 1, "Mills", 1, {}, ""},        {Kind::kParagraph, 0, "It begins", 1, {}, ""},
                       {Kind::kFootnote, 0, "1 A note.", 1, {}, ""}, {Kind::kParagraph, 0, "and ends.", 2, {}, ""},
                       {Kind::kTitle, 1, "Ponds", 2, {}, ""},        {Kind::kParagraph, 0, "Water.", 2, {}, ""}};
  EXPECT_EQ(to_text(document), "Mills\n\nIt begins\n\nand ends.\n\n1 A note.\n\nPonds\n\nWater.\n");
  EXPECT_EQ(to_text(document, true), "Mills\n\nIt begins\n\n1 A note.\n\nand ends.\n\nPonds\n\nWater.\n");
}

}  // namespace
}  // namespace millpond::extract
