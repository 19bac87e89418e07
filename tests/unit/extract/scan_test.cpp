// Pages that are pictures (tests/golden/extract/scan.pdf: one upright, one on its side).
#include <dlfcn.h>

#include <fstream>

#include "extract/ocr/leptonica.h"
#include "extract/pdf/picture_text.h"
#include "millpond/extract/page_image.h"
#include "millpond/extract/pdf.h"
#include "pdf_maker.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

std::string scan() {
  std::ifstream in(MILLPOND_SOURCE_DIR "/tests/golden/extract/scan.pdf", std::ios::binary);
  return {(std::istreambuf_iterator<char>(in)), {}};
}

bool installed() { return ::dlopen("libtesseract.so.5", RTLD_NOW | RTLD_LOCAL) != nullptr; }

TEST(Scan, PagesWithoutTextAreReadUprightOrTurned) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const Document document = document_of(parse_pdf, scan());
  const std::string page =
      "title1 Notice\npara The notice period is three months to the end of a quarter for both parties to the contract. "
      "It must be given in writing, and it starts on the day on which the letter arrives.\n";
  EXPECT_EQ(show(document), page + page);
  EXPECT_EQ(document.metadata.at("ocr_pages"), "1-2");
  EXPECT_EQ(document.metadata.at("ocr_quality"), "balanced");
  ASSERT_EQ(document.elements.size(), 4u);
  // Boxes are those of the page as it is displayed: upright, and from bottom to top.
  const Box upright = document.elements[0].box, turned = document.elements[2].box;
  EXPECT_GT(upright.x1 - upright.x0, 2 * (upright.y1 - upright.y0));
  EXPECT_LT(turned.x1 - turned.x0, (turned.y1 - turned.y0) / 2);
}

/// A page with typed lines, and under them a picture of `words` over the whole width.
std::string page_with_picture(const std::vector<std::string>& typed, const std::vector<std::string>& words,
                              const std::vector<std::string>& on_top = {}) {
  PdfMaker source;
  source.page().lines(72, 700, words, 12, PdfMaker::kPlain, 15);
  const auto drawn = draw_pdf_page(source.finish(), 1, 1275, {});
  EXPECT_TRUE(drawn.ok());
  const auto images = decode_image(drawn->png, {});
  EXPECT_TRUE(images.ok());
  const GrayImage& image = (*images)[0].image;
  std::string inline_image = "q 612 0 0 792 0 0 cm BI /W " + std::to_string(image.width) + " /H " +
                             std::to_string(image.height) + " /BPC 8 /CS /G /F /AHx ID\n";
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const std::uint8_t value : image.pixels) (inline_image += kDigits[value >> 4]) += kDigits[value & 15];
  PdfMaker pdf;
  pdf.page().raw(inline_image + ">\nEI Q\n").lines(72, 60, typed).lines(72, 700, on_top, 12, PdfMaker::kPlain, 15);
  return pdf.finish();
}

const std::vector<std::string> kLetter = {"The notice period is three months to the end of a quarter for both parties",
                                          "to the contract, and it starts on the day on which the letter arrives."};

TEST(Scan, WordsInAPictureBesideTextAreRead) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const Document document = document_of(parse_pdf, page_with_picture({"Received on 4 May, 12 pages"}, kLetter));
  EXPECT_EQ(show(document), "para " + kLetter[0] + ' ' + kLetter[1] + "\npara Received on 4 May, 12 pages\n");
  EXPECT_EQ(document.metadata.at("ocr_pictures_on_pages"), "1");
  EXPECT_FALSE(document.metadata.contains("ocr_pages"));
  Limits fast;
  fast.quality = Quality::kFast;
  const auto typed_alone = parse_pdf(page_with_picture({"Received on 4 May, 12 pages"}, kLetter), fast);
  ASSERT_TRUE(typed_alone.ok());
  EXPECT_EQ(show(*typed_alone), "para Received on 4 May, 12 pages\n");
}

TEST(Scan, LabelsOfAChartAreTheTextOfItsFigure) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const std::vector<std::string> labels = {"Rovaniemi", "", "", "", "", "Kuopio", "", "", "", "", "Helsinki"};
  const Document document = document_of(parse_pdf, page_with_picture({"The map shows three towns."}, labels));
  ASSERT_EQ(document.elements.size(), 2U) << show(document);
  EXPECT_EQ(document.elements[0].kind, ElementKind::kFigure);
  EXPECT_EQ(document.elements[0].text, "Rovaniemi\nKuopio\nHelsinki");
  EXPECT_EQ(document.elements[1].text, "The map shows three towns.");
}

TEST(Scan, APictureWithATextLayerIsNotReadAgain) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const std::vector<std::string> many(30, kLetter[0]);
  const Document document = document_of(parse_pdf, page_with_picture({}, many, many));
  EXPECT_FALSE(document.metadata.contains("ocr_pictures_on_pages"));
}

TEST(Scan, PhotographsDoNotLookPrinted) {
  GrayImage shades{256, 64, {}}, print{256, 64, std::vector<std::uint8_t>(256 * 64, 240)};
  for (int i = 0; i < 256 * 64; ++i) shades.pixels.push_back(static_cast<std::uint8_t>(i % 256));
  for (std::size_t i = 0; i < print.pixels.size(); i += 20) print.pixels[i] = 30;
  EXPECT_FALSE(pdf::looks_printed(shades));
  EXPECT_TRUE(pdf::looks_printed(print));
}

TEST(Scan, FastReadsNoPictures) {
  Limits limits;
  limits.quality = Quality::kFast;
  const auto document = parse_pdf(scan(), limits);
  EXPECT_EQ(document.status().code(), Code::kUnsupported);
  EXPECT_EQ(document.status().message(), "no text layer on any of 2 pages");
}

}  // namespace
}  // namespace millpond::extract
