#include "extract/pdf/scan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "extract/ocr/read_upright.h"
#include "extract/pdf/ocr_runs.h"
#include "extract/pdf/pdfium_api.h"
#include "extract/pdf/picture_text.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kFormatBgrx = 3;  // FPDFBitmap_BGRx
constexpr unsigned long kWhite = 0xFFFFFFFF;
constexpr float kSideMaxPixels = 6'000;
constexpr std::size_t kWordsOfPictureMin = 3;
constexpr float kConfidenceOfPictureMin = 70;

/// The pixels of a part of a page as it is displayed.
Result<GrayImage> draw(const Pdfium& api, PageHandle* page, int quarters, const Box& part, float scale) {
  float width = api._GetPageWidthF(page), height = api._GetPageHeightF(page);
  if (quarters % 2 == 1) std::swap(width, height);
  GrayImage image;
  image.width = std::max(1, static_cast<int>(std::lround((part.x1 - part.x0) * scale)));
  image.height = std::max(1, static_cast<int>(std::lround((part.y1 - part.y0) * scale)));
  const Owned<BitmapHandle> bitmap(api.Bitmap_CreateEx(image.width, image.height, kFormatBgrx, nullptr, 0),
                                   Close{&api});
  if (!bitmap) return exhausted("no memory to draw a page of ", image.width, " by ", image.height, " pixels");
  api.Bitmap_FillRect(bitmap.get(), 0, 0, image.width, image.height, kWhite);
  api._RenderPageBitmap(bitmap.get(), page, static_cast<int>(std::lround(-part.x0 * scale)),
                        static_cast<int>(std::lround(-part.y0 * scale)), static_cast<int>(std::lround(width * scale)),
                        static_cast<int>(std::lround(height * scale)), quarters, 0);
  const auto* rows = static_cast<const std::uint8_t*>(api.Bitmap_GetBuffer(bitmap.get()));
  const auto stride = static_cast<std::size_t>(api.Bitmap_GetStride(bitmap.get()));
  if (rows == nullptr) return internal("PDFium gave no picture");
  image.pixels.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  std::uint8_t* to = image.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* from = rows + static_cast<std::size_t>(y) * stride;
    for (int x = 0; x < image.width; ++x, from += 4) {
      *to++ = static_cast<std::uint8_t>((from[0] * 29 + from[1] * 150 + from[2] * 77) >> 8);
    }
  }
  return image;
}

/// "1-3,7"
std::string ranges_of(const std::vector<int>& pages) {
  std::string out;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const int first = pages[i];
    while (i + 1 < pages.size() && pages[i + 1] == pages[i] + 1) ++i;
    (out += out.empty() ? "" : ",") += std::to_string(first);
    if (pages[i] > first) out += "-" + std::to_string(pages[i]);
  }
  return out;
}

int dpi_of(Quality quality) { return quality == Quality::kBest ? 300 : 200; }

}  // namespace

Status ScanReader::read(int index, Page& page) {
  if (quality_ == Quality::kFast || !unavailable_.ok()) return {};
  if (!page.runs.empty() && page.rulings.pictures.empty()) return {};
  const bool whole = page.runs.empty();
  const std::vector<Box> regions = whole ? std::vector<Box>() : unread_pictures(page);
  if (!whole && regions.empty()) return {};
  const Owned<PageHandle> handle(api_._LoadPage(document_, index), Close{&api_});
  if (!handle || api_.Page_CountObjects(handle.get()) == 0) return {};
  MP_TRY(open());
  page.number = index + 1;
  return whole ? read_whole(handle.get(), page) : read_pictures(handle.get(), regions, page);
}

Status ScanReader::open() {
  if (engine_) return {};
  auto opened = open_tesseract(languages_);
  if (!opened.ok()) return unavailable_ = std::move(opened).status();
  engine_ = *std::move(opened);
  return {};
}

Status ScanReader::read_whole(PageHandle* handle, Page& page) {
  const float width = api_._GetPageWidthF(handle), height = api_._GetPageHeightF(handle);
  const float longest = std::max(width, height);
  if (!(longest > 0)) return {};
  const float scale = std::min(static_cast<float>(dpi_of(quality_)) / 72, kSideMaxPixels / longest);
  MP_ASSIGN(GrayImage image, draw(api_, handle, 0, {0, 0, width, height}, scale));
  MP_ASSIGN(const UprightWords read, read_upright(*engine_, std::move(image), static_cast<int>(scale * 72)));
  if (read.words.empty()) return {};
  page.turned = read.quarters;
  page.skew = read.skew;
  page.width = static_cast<float>(read.width) / scale;
  page.height = static_cast<float>(read.height) / scale;
  page.rulings = {};
  add_rulings(read.lines, scale, page);
  add_words(read.words, scale, page);
  count(read.words);
  whole_.push_back(page.number);
  return {};
}

Status ScanReader::read_pictures(PageHandle* handle, const std::vector<Box>& regions, Page& page) {
  const int dpi = dpi_of(quality_);
  const float scale = static_cast<float>(dpi) / 72;
  bool read = false;
  for (const Box& region : regions) {
    if (std::max(region.x1 - region.x0, region.y1 - region.y0) * scale > kSideMaxPixels) continue;
    MP_ASSIGN(GrayImage image, draw(api_, handle, page.turned, region, scale));
    if (!looks_printed(image)) continue;
    MP_ASSIGN(std::vector<OcrWord> words, engine_->read(image, dpi));
    drop_noise(words);
    drop_read_already(page, region, scale, words);
    if (words.size() < kWordsOfPictureMin || mean_confidence(words) < kConfidenceOfPictureMin) continue;
    count(words);
    read = true;
    if (!is_running_text(words)) {
      labels_.push_back({page.number, page.displayed(region), {}, joined(words)});
      continue;
    }
    const std::size_t first = page.runs.size();
    add_words(words, scale, page);
    for (std::size_t i = first; i < page.runs.size(); ++i) move(page.runs[i], region.x0, region.y0);
  }
  if (read) in_pictures_.push_back(page.number);
  return {};
}

void ScanReader::count(const std::vector<OcrWord>& words) {
  confidence_ += mean_confidence(words) * static_cast<double>(words.size());
  words_ += static_cast<std::int64_t>(words.size());
}

void ScanReader::describe(Document& document) const {
  if (!engine_ || words_ == 0) return;
  if (!whole_.empty()) document.metadata["ocr_pages"] = ranges_of(whole_);
  if (!in_pictures_.empty()) document.metadata["ocr_pictures_on_pages"] = ranges_of(in_pictures_);
  document.metadata["ocr_engine"] = engine_->name();
  document.metadata["ocr_quality"] = quality_ == Quality::kBest ? "best" : "balanced";
  document.metadata["ocr_confidence"] = std::to_string(std::lround(confidence_ / static_cast<double>(words_)));
}

}  // namespace millpond::extract::pdf
