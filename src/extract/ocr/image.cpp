#include "millpond/extract/image.h"

#include <cmath>
#include <string>
#include <utility>

#include "extract/ocr/leptonica.h"
#include "extract/ocr/read_upright.h"
#include "extract/pdf/layout.h"
#include "extract/pdf/ocr_runs.h"

namespace millpond::extract {
namespace {

constexpr int kUsualDpi = 200;

/// What stands on one picture, as the lines of a page.
Result<pdf::Page> read_page(OcrEngine& engine, DecodedImage&& decoded, int number, std::vector<OcrWord>& words) {
  const int dpi = decoded.dpi > 0 ? decoded.dpi : kUsualDpi;
  const float scale = static_cast<float>(dpi) / 72;
  MP_ASSIGN(UprightWords read, read_upright(engine, std::move(decoded.image), dpi));
  words = std::move(read.words);
  pdf::Page page;
  page.number = number;
  page.turned = read.quarters;
  page.skew = read.skew;
  page.width = static_cast<float>(read.width) / scale;
  page.height = static_cast<float>(read.height) / scale;
  pdf::add_rulings(read.lines, scale, page);
  if (!words.empty()) pdf::add_words(words, scale, page);
  return page;
}

}  // namespace

Result<Document> parse_image(std::string_view bytes, const Limits& limits) {
  if (limits.quality == Quality::kFast)
    return unsupported("pictures are read by OCR").hint("Read it with quality: balanced or best.");
  MP_ASSIGN(std::vector<DecodedImage> images, decode_image(bytes, limits));
  MP_ASSIGN(const auto engine, open_tesseract(limits.ocr_languages));
  Document document;
  document.pages = int(images.size());
  std::vector<pdf::Page> pages;
  std::vector<pdf::PageLines> lines;
  double confidence = 0;
  std::size_t count = 0;
  for (DecodedImage& image : images) {
    std::vector<OcrWord> words;
    MP_ASSIGN(pdf::Page page, read_page(*engine, std::move(image), int(pages.size()) + 1, words));
    confidence += mean_confidence(words) * static_cast<double>(words.size());
    count += words.size();
    lines.push_back(pdf::make_lines(page, limits.as_printed));
    pages.push_back(std::move(page));
  }
  MP_TRY(pdf::lay_out(lines, pages, {}, limits, document));
  if (document.elements.empty()) return unsupported("no text in the picture that OCR finds");
  document.metadata["ocr_engine"] = engine->name();
  document.metadata["ocr_confidence"] = std::to_string(std::lround(confidence / static_cast<double>(count)));
  return document;
}

}  // namespace millpond::extract
