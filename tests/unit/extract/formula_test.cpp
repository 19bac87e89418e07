// Formulas of PDFs as TeX (tests/golden/extract/formulas.pdf: set by pdfTeX).
#include <fstream>
#include <sstream>

#include "extract/pdf/formula_tree.h"
#include "millpond/extract/pdf.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

using pdf::Alphabet;
using pdf::FormulaGlyph;

std::string golden() {
  std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/extract/formulas.pdf", std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

/// A letter of 5 by 7 points with its origin at x and y.
FormulaGlyph glyph(char32_t code, float x, float y, Alphabet alphabet = Alphabet::kItalic, float size = 10) {
  return {code, alphabet, {x, y - 0.7f * size, x + 0.5f * size, y}, y, size, 0};
}
std::string tex(const std::vector<FormulaGlyph>& glyphs, const std::vector<pdf::Ruling>& bars = {}) {
  return pdf::formula_tex(glyphs, bars).value_or("not certain");
}

TEST(PdfFormula, DisplayedOnesAreElementsAndOthersStandBetweenDollars) {
  const std::string shown = parsed(parse_pdf, golden());
  EXPECT_NE(shown.find("formula x_{1,2}=\\frac{-b\\pm\\sqrt{b^2-4ac}}{2a}.\\tag{1}\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("formula \\lim_{n\\to\\infty}\\hat{\\theta}_n=\\int_{-\\infty}^{\\infty}xf(x)dx,\\quad "
                       "|x|=\\begin{cases}x&\\text{if }x\\geq0\\\\-x&\\text{otherwise}\\end{cases}\n"),
            std::string::npos)
      << shown;
  EXPECT_NE(
      shown.find("formula R_{\\varphi}=\\begin{pmatrix}\\cos\\varphi&-\\sin\\varphi\\\\\\sin\\varphi&\\cos\\varphi"
                 "\\end{pmatrix}.\n"),
      std::string::npos)
      << shown;
  EXPECT_NE(shown.find("real $a\\neq0$, $b$ and $c$ are known"), std::string::npos) << shown;
  EXPECT_NE(shown.find("an angle $\\varphi\\in\\mathbb{R}$ is the"), std::string::npos) << shown;
}

TEST(PdfFormula, AsPrintedKeepsTheText) {
  Limits limits;
  limits.as_printed = true;
  const Result<Document> document = parse_pdf(golden(), limits);
  ASSERT_TRUE(document.ok());
  for (const Element& element : document->elements) {
    EXPECT_EQ(element.text.find('$'), std::string::npos) << element.text;
    EXPECT_EQ(element.kind == ElementKind::kFormula, false) << element.text;
  }
}

TEST(PdfFormula, ScriptsByBaselineAndSize) {
  EXPECT_EQ(tex({glyph('x', 0, 0), glyph('2', 6, -3.6f, Alphabet::kRoman, 7), glyph('y', 12, 0)}), "x^2y");
  EXPECT_EQ(tex({glyph('x', 0, 0), glyph('i', 6, 1.5f, Alphabet::kItalic, 7), glyph('y', 12, 0)}), "x_iy");
}

TEST(PdfFormula, NothingIsRaisedFromARelation) {
  EXPECT_EQ(tex({glyph('x', 0, 0), glyph('=', 8, 0, Alphabet::kRoman), glyph('2', 14, -3.6f, Alphabet::kRoman, 7)}),
            "not certain");
}

TEST(PdfFormula, BarsAreFractionsOverlinesOrUncertain) {
  EXPECT_EQ(tex({glyph('a', 1, -5), glyph('b', 1, 10)}, {{0, 0, 7}}), "\\frac{a}{b}");
  EXPECT_EQ(tex({glyph('b', 1, 10)}, {{1, 1, 6}}), "\\overline{b}");
  EXPECT_EQ(tex({glyph('a', 1, -5), glyph('b', 1, 10)}, {{0, 0, 7}, {40, 0, 7}}), "not certain");
}

TEST(PdfFormula, WhatHasNoNameOrLiesUponAnotherIsNotClaimed) {
  EXPECT_EQ(tex({glyph('x', 0, 0), glyph(0, 6, 0)}), "not certain");
  EXPECT_EQ(tex({glyph('x', 0, 0), glyph('y', 0.5f, 0)}), "not certain");
  EXPECT_EQ(tex({glyph(0x221A, 0, 0, Alphabet::kSymbols), glyph('y', 6, 0)}), "not certain");
  EXPECT_EQ(tex({}), "not certain");
}

}  // namespace
}  // namespace millpond::extract
