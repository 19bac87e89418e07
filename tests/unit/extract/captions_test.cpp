// Captions: what begins like one, and which figure or table it belongs to.
#include "millpond/extract/captions.h"

#include <gtest/gtest.h>

#include "millpond/extract/pdf.h"
#include "millpond/extract/render.h"
#include "pdf_maker.h"

namespace millpond::extract {
namespace {

using Kind = ElementKind;

Element element(Kind kind, std::string text = {}, Box box = {}, int page = 0) {
  Element out;
  out.kind = kind;
  out.text = std::move(text);
  out.box = box;
  out.page = page;
  return out;
}

TEST(CaptionLabel, IsAWordAndANumber) {
  EXPECT_EQ(caption_label("Figure 3: The mill").of, CaptionOf::kFigure);
  EXPECT_TRUE(caption_label("Figure 3: The mill").closed);
  EXPECT_EQ(caption_label("FIG. 2.1. Wheels").of, CaptionOf::kFigure);
  EXPECT_EQ(caption_label("Fig. S2b – Wheels").of, CaptionOf::kFigure);
  EXPECT_TRUE(caption_label("Fig. S2b – Wheels").closed);
  EXPECT_EQ(caption_label("Table IV. Output").of, CaptionOf::kTable);
  EXPECT_EQ(caption_label("Tabelle A.1: Ertrag").of, CaptionOf::kTable);
  EXPECT_EQ(caption_label("Рис. 4. Мельница").of, CaptionOf::kFigure);
  EXPECT_EQ(caption_label("Таблица 4. Доход").of, CaptionOf::kTable);
  EXPECT_EQ(caption_label("図1 水車").of, CaptionOf::kFigure);
}

TEST(CaptionLabel, IsNoSentenceAndNoOtherWord) {
  EXPECT_FALSE(caption_label("Figure 3 shows the mill").closed);
  EXPECT_EQ(caption_label("Figures 3: of the year").of, CaptionOf::kNothing);
  EXPECT_EQ(caption_label("Table of contents").of, CaptionOf::kNothing);
  EXPECT_EQ(caption_label("Table").of, CaptionOf::kNothing);
  EXPECT_EQ(caption_label("").of, CaptionOf::kNothing);
}

TEST(CaptionsOf, StandBelowOrAboveByLabelAndDistance) {
  const std::vector<Element> below = {element(Kind::kFigure), element(Kind::kFigure),
                                      element(Kind::kCaption, "Figure 1: Two wheels"),
                                      element(Kind::kParagraph, "Text")};
  EXPECT_EQ(captions_of(below), (std::vector<int>{2, 2, -1, -1}));
  const std::vector<Element> above = {element(Kind::kCaption, "Table 1: A"), element(Kind::kTable),
                                      element(Kind::kCaption, "Table 2: B"), element(Kind::kTable)};
  EXPECT_EQ(captions_of(above), (std::vector<int>{-1, 0, -1, 2}));
  const std::vector<Element> mixed = {element(Kind::kFigure), element(Kind::kCaption, "Table 1: A"),
                                      element(Kind::kTable), element(Kind::kCaption, "Figure 1: Below the table")};
  EXPECT_EQ(captions_of(mixed), (std::vector<int>{-1, -1, 1, -1}));
  const std::vector<Element> near = {element(Kind::kFigure, "", {0, 0, 9, 100}, 1),
                                     element(Kind::kCaption, "Of which one?", {0, 180, 9, 190}, 1),
                                     element(Kind::kFigure, "", {0, 195, 9, 300}, 1)};
  EXPECT_EQ(captions_of(near), (std::vector<int>{-1, -1, 1}));
  const std::vector<Element> pages = {element(Kind::kFigure, "", {}, 1),
                                      element(Kind::kCaption, "Figure 1: Wheel", {}, 2)};
  EXPECT_EQ(captions_of(pages), (std::vector<int>{-1, -1}));
}

const std::vector<std::string> kText = {
    "The wheel of the mill turns with the water that comes down from the pond above it, day and",
    "night, as long as the gate stands open and the pond has water. It drives the stones through",
    "gears of oak, which the miller greases once a week, and which are made anew every ten years",
    "by a carpenter from the next village, who knows how many teeth each of them must have had."};

/// Axes, a curve and two labels.
const std::string kChart =
    "q 1 w 150 500 m 450 500 l S 150 500 m 150 650 l S 150 510 m 200 640 300 520 440 630 c S Q\n";

TEST(PdfFigures, ADrawingIsJoinedWithItsCaption) {
  PdfMaker pdf;
  pdf.page()
      .lines(72, 740, kText)
      .raw(kChart)
      .text(120, 580, "Flour", 8)
      .text(280, 488, "Hours", 8)
      .text(200, 460, "Figure 3: Flour by the hour", 9)
      .lines(72, 420, kText);
  const auto read = parse_pdf(pdf.finish(), {});
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  std::string all;
  for (const Element& each : read->elements) all.append(kind_name(each.kind)).append(": ").append(each.text + "\n");
  ASSERT_EQ(read->elements.size(), 4u) << all;
  const Element& figure = read->elements[1];
  EXPECT_EQ(figure.kind, Kind::kFigure);
  EXPECT_EQ(figure.text, "Flour\nHours");
  EXPECT_NEAR(figure.box.x0, 120, 3);
  EXPECT_NEAR(figure.box.x1, 450, 4);
  EXPECT_NEAR(figure.box.y0, 792 - 650, 4);
  EXPECT_EQ(read->elements[2].kind, Kind::kCaption);
  EXPECT_EQ(captions_of(read->elements), (std::vector<int>{-1, 2, -1, -1}));
  EXPECT_NE(to_html(*read).find("<figcaption"), std::string::npos);
}

TEST(PdfFigures, ASentenceAboutAFigureStaysOne) {
  PdfMaker pdf;
  pdf.page()
      .raw(kChart)
      .text(72, 460, "Figure 3 shows how much flour there is after an hour of work, and after two hours of it.")
      .lines(72, 420, kText);
  const auto read = parse_pdf(pdf.finish(), {});
  ASSERT_TRUE(read.ok());
  for (const Element& each : read->elements) EXPECT_NE(each.kind, Kind::kCaption) << each.text;
}

TEST(PdfFigures, AFrameAroundTextIsNone) {
  PdfMaker pdf;
  pdf.page().raw("60 680 500 80 re S\n").lines(72, 740, kText).text(72, 650, "Figure 1: A frame").lines(72, 600, kText);
  const auto read = parse_pdf(pdf.finish(), {});
  ASSERT_TRUE(read.ok());
  for (const Element& each : read->elements) EXPECT_NE(each.kind, Kind::kFigure);
  EXPECT_EQ(read->elements.at(0).kind, Kind::kParagraph);
}

TEST(PdfFigures, PicturesHaveAPlaceAlsoWhenTheirBytesAreNotAskedFor) {
  std::string pixels;
  for (int i = 0; i < 32 * 32; ++i) pixels += "c81e1e";
  PdfMaker pdf;
  pdf.page()
      .lines(72, 740, kText)
      .raw("q 100 0 0 80 72 560 cm BI /W 32 /H 32 /CS /RGB /BPC 8 /F /AHx ID " + pixels + "> EI Q\n")
      .text(72, 545, "Fig. 2. The wheel", 8)
      .lines(72, 500, kText);
  Limits limits;
  for (const bool bytes : {false, true}) {
    limits.pictures = bytes;
    const auto read = parse_pdf(pdf.finish(), limits);
    ASSERT_TRUE(read.ok());
    ASSERT_EQ(read->elements.size(), 4u);
    EXPECT_EQ(read->elements[1].kind, Kind::kFigure);
    EXPECT_EQ(read->elements[2].kind, Kind::kCaption);
    ASSERT_EQ(read->pictures.size(), bytes ? 1u : 0u);
    if (bytes) { EXPECT_EQ(read->pictures[0].element, 1); }
  }
}

}  // namespace
}  // namespace millpond::extract
