// Pictures as documents, by OCR.
#include "millpond/extract/image.h"

#include <dlfcn.h>

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
