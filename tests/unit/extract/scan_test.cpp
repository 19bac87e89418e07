// Pages that are pictures (tests/golden/extract/scan.pdf: one upright, one on its side).
#include <dlfcn.h>

#include <fstream>

#include "millpond/extract/pdf.h"
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

TEST(Scan, FastReadsNoPictures) {
  Limits limits;
  limits.quality = Quality::kFast;
  const auto document = parse_pdf(scan(), limits);
  EXPECT_EQ(document.status().code(), Code::kUnsupported);
  EXPECT_EQ(document.status().message(), "no text layer on any of 2 pages");
}

}  // namespace
}  // namespace millpond::extract
