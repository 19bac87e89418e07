// Text as the page shows it, indexes in columns, and what TeX's fonts say.
#include <gtest/gtest.h>

#include "extract/pdf/tex_fonts.h"
#include "millpond/extract/pdf.h"
#include "millpond/extract/render.h"
#include "pdf_maker.h"

namespace millpond::extract {
namespace {

Document parsed(const PdfMaker& pdf, const Limits& limits = {}) {
  Result<Document> document = parse_pdf(pdf.finish(), limits);
  EXPECT_TRUE(document.ok()) << document.status().to_string();
  return document.ok() ? *std::move(document) : Document{};
}

TEST(PdfAsPrinted, KeepsLinesLeadersAndBullets) {
  PdfMaker pdf;
  pdf.page()
      .text(72, 720, "Wheels . . . . . . . . . . 12")
      .lines(72, 690,
             {"A rule says that the notice of termination must always be given in writ-",
              "ing, and that it is to be signed by hand."})
      .text(72, 650, "- the first item");
  Limits limits;
  limits.as_printed = true;
  EXPECT_EQ(
      to_text(parsed(pdf, limits), true),
      "Wheels . . . . . . . . . . 12\n\nA rule says that the notice of termination must always be given in writ-\n"
      "ing, and that it is to be signed by hand.\n- the first item\n");
  EXPECT_NE(to_text(parsed(pdf)).find("given in writing"), std::string::npos);
}

TEST(PdfColumns, AnIndexIsReadColumnByColumn) {
  const std::vector<std::string> left = {"Axle, 3", "Barley, 4, 7", "Channel, 12", "Corn, 2", "Dam, 30", "Ditch, 31"};
  const std::vector<std::string> right = {"Miller, 1", "Oats, 5", "Pond, 2, 9", "Rye, 8", "Sluice, 40", "Wheel, 41"};
  PdfMaker pdf;
  pdf.page().lines(72, 700, left).lines(330, 700, right);
  const std::string text = to_text(parsed(pdf));
  std::size_t at = 0;
  for (const auto& column : {left, right}) {
    for (const std::string& entry : column) {
      const std::size_t found = text.find(entry, at);
      ASSERT_NE(found, std::string::npos) << entry << " in\n" << text;
      at = found;
    }
  }
}

TEST(PdfColumns, ThreeColumnsNeedNotShareTheirBaselines) {
  PdfMaker pdf;
  pdf.page();
  for (int column = 0; column < 3; ++column) {
    std::vector<std::string> lines;
    for (int line = 0; line < 12; ++line) {
      lines.push_back("words of " + std::string(1, char('A' + column)) + " line " + std::to_string(line + 10) +
                      " follow");
    }
    pdf.lines(50 + 170 * column, 700 - 4 * column, lines, 10, PdfMaker::kPlain, 11);
  }
  const std::string text = to_text(parsed(pdf));
  EXPECT_LT(text.find("A line 21"), text.find("B line 10")) << text;
  EXPECT_LT(text.find("B line 21"), text.find("C line 10")) << text;
}

TEST(PdfColumns, ShortListsSideBySideAreReadOneByOne) {
  PdfMaker pdf;
  pdf.page().text(72, 720, "Two ways to grind", 24, PdfMaker::kBold);
  pdf.lines(72, 640, {"* Slow and cool", "* Keeps the germ"}, 18, PdfMaker::kPlain, 24);
  pdf.lines(330, 640, {"* Fast and hot", "* White flour"}, 18, PdfMaker::kPlain, 24);
  const std::string text = to_text(parsed(pdf));
  EXPECT_LT(text.find("Keeps the germ"), text.find("Fast and hot")) << text;
}

TEST(PdfTables, ABoldHeadAndABoldSumBelongToTheirTable) {
  PdfMaker pdf;
  pdf.page().text(72, 720,
                  "We send what you ordered and ask you to pay within thirty days of its arrival at the mill.");
  const auto row = [&](double y, const std::vector<std::string>& cells, PdfMaker::Font font) {
    const double at[] = {72, 220, 330, 440};
    for (std::size_t i = 0; i < cells.size(); ++i) pdf.text(at[i], y, cells[i], 10, font);
  };
  row(680, {"Item", "Sacks", "Price", "Amount"}, PdfMaker::kBold);
  row(664, {"Wheat", "12", "8.50", "102.00"}, PdfMaker::kPlain);
  row(648, {"Rye", "7", "9.10", "63.70"}, PdfMaker::kPlain);
  row(632, {"Oats", "3", "7.00", "21.00"}, PdfMaker::kPlain);
  row(616, {"All", "22", "8.49", "186.70"}, PdfMaker::kBold);
  const Document document = parsed(pdf);
  ASSERT_EQ(document.elements.size(), 2U);
  EXPECT_EQ(document.elements[1].kind, ElementKind::kTable);
  EXPECT_EQ(document.elements[1].text.substr(0, 23), "Item\tSacks\tPrice\tAmount");
  EXPECT_TRUE(document.elements[1].text.ends_with("186.70")) << document.elements[1].text;
}

TEST(TexFonts, GlyphNumbersBecomeCharacters) {
  using namespace pdf;
  EXPECT_EQ(tex_font("cmsy10"), TexFont::kSymbols);
  EXPECT_EQ(tex_font("cmex10"), TexFont::kExtension);
  EXPECT_EQ(tex_font("cmr10"), TexFont::kNone);
  EXPECT_EQ(tex_symbol(TexFont::kSymbols, '0'), U'\u2032');
  EXPECT_EQ(tex_symbol(TexFont::kSymbols, 'k'), U'\u2016');
  EXPECT_EQ(tex_symbol(TexFont::kSymbols, 'z'), U'\u2021');
  EXPECT_EQ(tex_symbol(TexFont::kSymbols, 'A'), U'A');
  EXPECT_EQ(tex_symbol(TexFont::kExtension, 0x00), U'(');
  EXPECT_EQ(tex_symbol(TexFont::kExtension, 'P'), U'\u2211');
  EXPECT_EQ(tex_symbol(TexFont::kExtension, 'z'), U'\uFE37');
  EXPECT_EQ(tex_symbol(TexFont::kExtension, 'n'), U'{');
  EXPECT_EQ(tex_symbol(TexFont::kExtension, 'p'), U'\u221A');
  EXPECT_EQ(tex_symbol(TexFont::kAmsA, 4), U'\u25A0');
  EXPECT_EQ(tex_symbol(TexFont::kSymbols, 0x2208), U'\u2208');
}

}  // namespace
}  // namespace millpond::extract
