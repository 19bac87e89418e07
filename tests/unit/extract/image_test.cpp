// Pictures as documents, by OCR.
#include "millpond/extract/image.h"

#include <dlfcn.h>
#include <unistd.h>

#include "extract/ocr/leptonica.h"
#include "extract/ocr/skew.h"
#include "extract/pdf/png.h"
#include "millpond/extract/page_image.h"
#include "pdf_maker.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

bool installed() { return ::dlopen("libtesseract.so.5", RTLD_NOW | RTLD_LOCAL) != nullptr; }

std::string page_png() {
  PdfMaker pdf;
  pdf.page().text(72, 720, "Notice", 30, PdfMaker::kBold);
  pdf.lines(72, 670, {"The notice period is three months to the end of a quarter for both parties", "to the contract."},
            12, PdfMaker::kPlain, 15);
  const auto drawn = draw_pdf_page(pdf.finish(), 1, 1700, {});
  EXPECT_TRUE(drawn.ok());
  return drawn.ok() ? drawn->png : std::string();
}

TEST(Image, TextIsReadWithItsPlace) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const Document document = document_of(parse_image, page_png());
  EXPECT_EQ(show(document),
            "title1 Notice\npara The notice period is three months to the end of a quarter for both parties to the "
            "contract.\n");
  EXPECT_EQ(document.pages, 1);
  ASSERT_FALSE(document.elements.empty());
  EXPECT_NEAR(document.elements[0].box.x0, 72, 4);
  EXPECT_NEAR(document.elements[0].box.y1, 792 - 720, 6);
}

GrayImage gray_page() {
  const auto images = decode_image(page_png(), {});
  EXPECT_TRUE(images.ok() && images->size() == 1);
  return images.ok() ? (*images)[0].image : GrayImage{};
}

std::string png_of_gray(const GrayImage& image) {
  pdf::Pixels pixels{image.width, image.height, {}};
  for (const std::uint8_t value : image.pixels) pixels.rgb.insert(pixels.rgb.end(), 3, value);
  const auto png = pdf::png_of(pixels);
  EXPECT_TRUE(png.ok());
  return png.ok() ? *png : std::string();
}

TEST(Image, PagesAtAnAngleAreStraightened) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const GrayImage straight = gray_page();
  EXPECT_NEAR(skew_degrees(straight), 0, 0.2);
  for (const float angle : {-9.0F, 5.0F}) {
    const GrayImage fallen = rotated(straight, angle);
    EXPECT_NEAR(skew_degrees(fallen), -angle, 0.3);
    const Document document = document_of(parse_image, png_of_gray(fallen));
    EXPECT_EQ(show(document),
              "title1 Notice\npara The notice period is three months to the end of a quarter for both parties to the "
              "contract.\n")
        << angle;
  }
  // The box is on the page as given: 9 degrees up, a line at its top left stands lower there.
  const Document fallen = document_of(parse_image, png_of_gray(rotated(straight, 9)));
  ASSERT_FALSE(fallen.elements.empty());
  EXPECT_GT(fallen.elements[0].box.y1, 792 - 720 + 20);
}

TEST(Image, PagesOnTheirSideAreTurned) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  if (::access("/usr/share/tesseract-ocr/5/tessdata/osd.traineddata", R_OK) != 0) GTEST_SKIP() << "needs osd data";
  PdfMaker pdf;
  std::vector<std::string> lines(12, "The notice period is three months to the end of a quarter for both parties");
  pdf.page().lines(72, 700, lines, 12, PdfMaker::kPlain, 15);
  const auto drawn = draw_pdf_page(pdf.finish(), 1, 1700, {});
  ASSERT_TRUE(drawn.ok());
  const auto images = decode_image(drawn->png, {});
  ASSERT_TRUE(images.ok());
  const Document document = document_of(parse_image, png_of_gray(turned((*images)[0].image, 1)));
  ASSERT_FALSE(document.elements.empty());
  EXPECT_EQ(document.elements[0].text.substr(0, 40), "The notice period is three months to the");
  const Box box = document.elements[0].box;  // lines run from top to bottom on the page as given
  EXPECT_GT(box.y1 - box.y0, 300);
}

TEST(Image, AnEngineThatReadBeforeReadsTheSame) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const Document first = document_of(parse_image, page_png());
  const Document other = document_of(parse_image, png_of_gray(turned(gray_page(), 2)));
  EXPECT_EQ(document_of(parse_image, page_png()), first);
}

TEST(Image, SaysWhatIsWrong) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  EXPECT_EQ(parse_image("no picture", {}).status().code(), Code::kInvalidArgument);
  const std::string png = page_png();
  for (const std::size_t size : {9u, 20u, 40u, 400u}) {
    EXPECT_FALSE(parse_image(std::string_view(png).substr(0, size), {}).ok()) << size;
  }
  Limits limits;
  limits.quality = Quality::kFast;
  EXPECT_EQ(parse_image(png, limits).status().code(), Code::kUnsupported);
}

TEST(Image, LanguagesAreCheckedAndAskedFor) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  Limits limits;
  EXPECT_EQ(set_ocr_languages("../eng", limits).code(), Code::kInvalidArgument);
  EXPECT_EQ(set_ocr_languages("", limits).code(), Code::kInvalidArgument);
  ASSERT_TRUE(set_ocr_languages("eng+xyz_nowhere", limits).ok());
  ASSERT_TRUE(set_ocr_languages("xyz", limits).ok());
  EXPECT_STREQ(limits.ocr_languages, "xyz");
  EXPECT_EQ(parse_image(page_png(), limits).status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace millpond::extract
