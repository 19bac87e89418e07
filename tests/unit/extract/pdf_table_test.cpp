#include <gtest/gtest.h>

#include <array>

#include "millpond/extract/pdf.h"
#include "pdf_maker.h"

namespace millpond::extract {
namespace {

/// Draws lines through (x0,y0)-(x1,y1), each given as four numbers.
void rule(PdfMaker& pdf, const std::vector<std::array<double, 4>>& lines) {
  for (const auto& l : lines) {
    char text[96];
    std::snprintf(text, sizeof text, "%.1f %.1f m %.1f %.1f l S\n", l[0], l[1], l[2], l[3]);
    pdf.raw(text);
  }
}

std::vector<std::string> tables_of(const PdfMaker& pdf) {
  const Result<Document> document = parse_pdf(pdf.finish(), {});
  EXPECT_TRUE(document.ok()) << document.status().to_string();
  std::vector<std::string> found;
  if (!document.ok()) return found;
  for (const Element& element : document->elements) {
    if (element.kind == ElementKind::kTable) found.push_back(element.html);
  }
  return found;
}

TEST(PdfTable, JoinsCellsThatNoLineDivides) {
  PdfMaker pdf;
  pdf.page()
      .text(80, 685, "Both years")
      .text(80, 665, "2019")
      .text(180, 665, "2020")
      .text(80, 645, "1")
      .text(180, 645, "2");
  rule(pdf, {{72, 700, 272, 700},
             {72, 680, 272, 680},
             {72, 660, 272, 660},
             {72, 640, 272, 640},
             {72, 640, 72, 700},
             {172, 640, 172, 680},
             {272, 640, 272, 700}});
  EXPECT_EQ(tables_of(pdf), std::vector<std::string>{
                                "<table><tr><td colspan=\"2\">Both years</td></tr><tr><td>2019</td><td>2020</td></tr>"
                                "<tr><td>1</td><td>2</td></tr></table>"});
}

TEST(PdfTable, KeepsTheLinesOfOneCellTogether) {
  PdfMaker pdf;
  pdf.page()
      .lines(80, 688, {"a name over", "two lines"})
      .text(180, 682, "first")
      .text(80, 660, "b")
      .text(180, 660, "second");
  rule(pdf, {{72, 700, 272, 700},
             {72, 670, 272, 670},
             {72, 650, 272, 650},
             {72, 650, 72, 700},
             {172, 650, 172, 700},
             {272, 650, 272, 700}});
  EXPECT_EQ(tables_of(pdf), std::vector<std::string>{"<table><tr><td>a name over two lines</td><td>first</td></tr>"
                                                     "<tr><td>b</td><td>second</td></tr></table>"});
}

TEST(PdfTable, DividesRowsThatNoLineDivides) {
  PdfMaker pdf;
  pdf.page().text(80, 685, "Land").text(180, 685, "Count");
  for (int i = 0; i < 4; ++i)
    pdf.text(80, 665 - 14 * i, std::string(1, char('A' + i))).text(180, 665 - 14 * i, std::to_string(i));
  rule(pdf, {{72, 700, 272, 700},
             {72, 680, 272, 680},
             {72, 610, 272, 610},
             {72, 610, 72, 700},
             {172, 610, 172, 700},
             {272, 610, 272, 700}});
  EXPECT_EQ(tables_of(pdf), std::vector<std::string>{
                                "<table><tr><td>Land</td><td>Count</td></tr><tr><td>A</td><td>0</td></tr><tr><td>B</td>"
                                "<td>1</td></tr><tr><td>C</td><td>2</td></tr><tr><td>D</td><td>3</td></tr></table>"});
}

TEST(PdfTable, ALineDividesTextsThatTouch) {
  PdfMaker pdf;
  pdf.page().text(150, 685, "left").text(166, 685, "right").text(150, 665, "1").text(180, 665, "2");
  rule(pdf, {{72, 700, 272, 700},
             {72, 680, 272, 680},
             {72, 660, 272, 660},
             {72, 660, 72, 700},
             {165.5, 660, 165.5, 700},
             {272, 660, 272, 700}});
  const auto tables = tables_of(pdf);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_NE(tables[0].find("<td>left</td><td>right</td>"), std::string::npos) << tables[0];
}

TEST(PdfTable, AFrameAroundTextIsNoTable) {
  PdfMaker pdf;
  pdf.page().lines(80, 688, {"Only a note in a frame,", "and nothing beside it."});
  rule(pdf, {{72, 700, 272, 700}, {72, 650, 272, 650}, {72, 650, 72, 700}, {272, 650, 272, 700}});
  EXPECT_TRUE(tables_of(pdf).empty());
}

TEST(PdfTable, StandsBetweenTheTextAboveAndBelow) {
  PdfMaker pdf;
  pdf.page()
      .text(72, 720, "Above.")
      .text(80, 685, "a")
      .text(180, 685, "b")
      .text(80, 665, "c")
      .text(180, 665, "d")
      .text(72, 640, "Below.");
  rule(pdf, {{72, 700, 272, 700},
             {72, 680, 272, 680},
             {72, 660, 272, 660},
             {72, 660, 72, 700},
             {172, 660, 172, 700},
             {272, 660, 272, 700}});
  const Result<Document> document = parse_pdf(pdf.finish(), {});
  ASSERT_TRUE(document.ok());
  ASSERT_EQ(document->elements.size(), 3u);
  EXPECT_EQ(document->elements[0].text, "Above.");
  EXPECT_EQ(document->elements[1].text, "a\tb\nc\td");
  EXPECT_EQ(document->elements[2].text, "Below.");
}

}  // namespace
}  // namespace millpond::extract
