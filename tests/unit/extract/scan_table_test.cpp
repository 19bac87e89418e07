// Tables on pages that are pictures: their rulings are found in the pixels.
#include <dlfcn.h>

#include "extract/ocr/drawn_lines.h"
#include "extract/ocr/left_over.h"
#include "extract/ocr/leptonica.h"
#include "extract/ocr/paper.h"
#include "extract/pdf/ocr_runs.h"
#include "millpond/extract/page_image.h"
#include "millpond/extract/pdf.h"
#include "pdf_maker.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

bool installed() { return ::dlopen("libtesseract.so.5", RTLD_NOW | RTLD_LOCAL) != nullptr; }

GrayImage paper(int width, int height) {
  return {width, height,
          std::vector<std::uint8_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 250)};
}

void ink(GrayImage& image, int x0, int y0, int x1, int y1) {
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x)
      image.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)] =
          20;
  }
}

std::size_t ink_left(const GrayImage& image) {
  return static_cast<std::size_t>(
      std::count_if(image.pixels.begin(), image.pixels.end(), [](auto p) { return p < 100; }));
}

TEST(DrawnLines, AreFoundAndPaintedOut) {
  GrayImage image = paper(600, 400);
  ink(image, 50, 100, 550, 103);
  ink(image, 300, 60, 302, 350);
  ink(image, 80, 200, 92, 214);  // a letter
  const DrawnLines found = take_drawn_lines(image, 200);
  ASSERT_EQ(found.horizontal.size(), 1U);
  ASSERT_EQ(found.vertical.size(), 1U);
  EXPECT_NEAR(found.horizontal[0].at, 101.5, 0.1);
  EXPECT_EQ(found.horizontal[0].from, 50);
  EXPECT_EQ(found.horizontal[0].to, 550);
  EXPECT_NEAR(found.vertical[0].at, 301, 0.1);
  EXPECT_EQ(ink_left(image), 12U * 14);
}

TEST(DrawnLines, StrokesThroughThemStay) {
  GrayImage image = paper(600, 400);
  ink(image, 50, 100, 550, 102);
  ink(image, 200, 90, 204, 112);  // of a letter
  take_drawn_lines(image, 200);
  EXPECT_EQ(ink_left(image), 4U * 22);
}

TEST(DrawnLines, RaggedEdgesGoWithThem) {
  GrayImage image = paper(600, 400);
  ink(image, 50, 100, 550, 102);
  for (int x = 52; x < 548; x += 7) ink(image, x, 99, x + 1, 100), ink(image, x + 3, 102, x + 4, 103);  // grain
  take_drawn_lines(image, 200);
  EXPECT_EQ(ink_left(image), 0U);
}

TEST(DrawnLines, BarsAndUnderlinedLettersAreNone) {
  GrayImage image = paper(600, 400);
  ink(image, 50, 100, 550, 130);                                      // a bar of a chart
  for (int x = 50; x < 150; x += 10) ink(image, x, 200, x + 7, 218);  // letters,
  ink(image, 50, 217, 150, 219);                                      // joined by what lies below
  const DrawnLines found = take_drawn_lines(image, 200);
  EXPECT_TRUE(found.empty());
}

TEST(DrawnLines, OfASkewedPageAreStraight) {
  GrayImage image = paper(800, 800);
  for (int x = 100; x < 700; ++x)
    ink(image, x, 300 + (x - 400) / 57, x + 1, 303 + (x - 400) / 57);  // falls by 1 degree
  DrawnLines found = take_drawn_lines(image, 200);
  straighten(found, image.width, image.height, 1.0f);
  ASSERT_EQ(found.horizontal.size(), 1U);
  EXPECT_NEAR(found.horizontal[0].at, 301.5, 1);
  EXPECT_LT(ink_left(image), 120U);  // of 1,800: its ends
}

TEST(LightWords, OnADarkAreaAreTurned) {
  GrayImage image = paper(600, 400);
  for (int y = 100; y < 160; ++y) {
    for (int x = 50; x < 450; ++x) image.pixels[static_cast<std::size_t>(y * 600 + x)] = 120;
  }
  for (int x = 80; x < 280; x += 20) {  // letters
    for (int y = 120; y < 140; ++y) std::fill_n(image.pixels.begin() + y * 600 + x, 8, std::uint8_t{252});
  }
  const DrawnLines edges = turn_light_words(image, 200);
  ASSERT_EQ(edges.horizontal.size(), 2U);
  EXPECT_EQ(edges.horizontal[0].at, 100);
  EXPECT_EQ(edges.horizontal[1].at, 160);
  EXPECT_EQ(edges.vertical[1].at, 450);
  EXPECT_GT(image.pixels[105 * 600 + 60], 240);  // the area
  EXPECT_EQ(ink_left(image), 10U * 8 * 20);      // the letters
}

TEST(LightWords, DarkWordsOnALightColourStay) {
  GrayImage image = paper(600, 400);
  for (int y = 100; y < 160; ++y) std::fill_n(image.pixels.begin() + y * 600 + 50, 400, std::uint8_t{170});
  for (int x = 80; x < 280; x += 20) ink(image, x, 120, x + 8, 140);
  const GrayImage before = image;
  EXPECT_TRUE(turn_light_words(image, 200).empty());
  EXPECT_EQ(image.pixels, before.pixels);
}

/// Reads nothing but what stands in one line at the left: it knows how many pieces of ink stand there.
class OneLineEngine final : public OcrEngine {
 public:
  Result<std::vector<OcrWord>> read(const GrayImage& image, int) override {
    std::vector<OcrWord> words;
    for (int x = 0, from = -1; x <= image.width; ++x) {
      bool dark = false;
      for (int y = 0; y < image.height && x < image.width; ++y)
        dark = dark || image.pixels[static_cast<std::size_t>(y * image.width + x)] < 100;
      if (dark && from < 0) from = x;
      if (!dark && from >= 0) {
        words.push_back({std::to_string(x - from), from, 0, x, image.height, 0, 90});
        from = -1;
      }
    }
    return words;
  }
  int quarters_to_upright(const GrayImage&, int) override { return 0; }
  std::string name() const override { return "one line"; }
};

TEST(LeftOver, InkThatNoWordCoversIsReadAgainAndKeepsItsPlace) {
  GrayImage image = paper(900, 600);
  std::vector<OcrWord> words;
  for (int i = 0; i < 10; ++i) {
    ink(image, 50, 50 + 40 * i, 120, 70 + 40 * i);
    words.push_back({"word", 50, 50 + 40 * i, 120, 70 + 40 * i, i, 95});
  }
  for (int i = 0; i < 4; ++i) ink(image, 600, 50 + 40 * i, 610 + i, 70 + 40 * i);  // a column of narrow figures
  words.push_back({"oooo", 600, 50, 612, 190, 10, 12});                            // taken for one word
  OneLineEngine engine;
  ASSERT_TRUE(read_left_over(engine, image, 200, words).ok());
  ASSERT_EQ(words.size(), 14U);
  for (int i = 0; i < 4; ++i) {
    const OcrWord& word = words[static_cast<std::size_t>(2 * i + 1)];  // behind the word to its left
    EXPECT_EQ(word.text, std::to_string(10 + i));
    EXPECT_EQ(word.x0, 600);
    EXPECT_EQ(word.y0, 50 + 40 * i);
  }
}

TEST(OcrRuns, WordsOfOneLineShareABaselineAndASize) {
  const std::vector<OcrWord> words = {{"gray", 0, 34, 50, 53, 0, 90},
                                      {"Ebb", 200, 28, 260, 48, 1, 90},
                                      {"10.5", 400, 28, 450, 48, 2, 90},
                                      {"=", 600, 38, 610, 41, 3, 40}};
  pdf::Page page;
  pdf::add_words(words, 1, page);
  ASSERT_EQ(page.runs.size(), 4U);
  for (const pdf::Run& run : page.runs) {
    EXPECT_NEAR(run.baseline, 48, 1.5) << run.text;
    EXPECT_NEAR(run.size, 28, 1.1) << run.text;
  }
  EXPECT_EQ(page.runs[3].text, "-");  // too flat to be anything else
}

TEST(ScanTable, CellsAreWhereLinesEncloseThem) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  PdfMaker source;
  source.page().lines(72, 740, {"The mills of the valley and what they grind in a year:"}, 12);
  for (int row = 0; row < 5; ++row)
    source.raw("72 " + std::to_string(700 - 24 * row) + " m 432 " + std::to_string(700 - 24 * row) + " l S\n");
  for (const int x : {72, 232, 332, 432}) source.raw(std::to_string(x) + " 700 m " + std::to_string(x) + " 604 l S\n");
  const std::vector<std::vector<std::string>> cells = {{"Mill", "Wheels", "Tons"},
                                                       {"Upper mill", "2", "1,250"},
                                                       {"Lower mill", "3", "2,480"},
                                                       {"Fulling mill", "1", "90"}};
  for (std::size_t row = 0; row < cells.size(); ++row) {
    for (std::size_t column = 0; column < 3; ++column)
      source.text(column == 0 ? 80 : 140 + 100.0 * static_cast<double>(column), 683 - 24.0 * static_cast<double>(row),
                  cells[row][column], 12);
  }
  const auto drawn = draw_pdf_page(source.finish(), 1, 1700, {});
  ASSERT_TRUE(drawn.ok());
  const auto images = decode_image(drawn->png, {});
  ASSERT_TRUE(images.ok());
  const GrayImage& image = (*images)[0].image;
  std::string content = "q 612 0 0 792 0 0 cm BI /W " + std::to_string(image.width) + " /H " +
                        std::to_string(image.height) + " /BPC 8 /CS /G /F /AHx ID\n";
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const std::uint8_t value : image.pixels) (content += kDigits[value >> 4]) += kDigits[value & 15];
  PdfMaker scan;
  scan.page().raw(content + ">\nEI Q\n");
  const Document document = document_of(parse_pdf, scan.finish());
  ASSERT_EQ(document.elements.size(), 2U) << show(document);
  EXPECT_EQ(document.elements[1].kind, ElementKind::kTable);
  EXPECT_EQ(document.elements[1].text,
            "Mill\tWheels\tTons\nUpper mill\t2\t1,250\nLower mill\t3\t2,480\nFulling mill\t1\t90");
}

}  // namespace
}  // namespace millpond::extract
