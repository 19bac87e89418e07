#include "extract/pdf/scan.h"

#include <algorithm>
#include <cmath>

#include "extract/pdf/pdfium_api.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kFormatBgrx = 3;  // FPDFBitmap_BGRx
constexpr unsigned long kWhite = 0xFFFFFFFF;
constexpr float kSideMaxPixels = 6'000;
constexpr float kPoorConfidence = 55;  // below, the page may stand on its side

Result<GrayImage> draw(const Pdfium& api, PageHandle* page, int turned, float scale) {
  float width = api._GetPageWidthF(page), height = api._GetPageHeightF(page);
  if (turned % 2 == 1) std::swap(width, height);
  GrayImage image;
  image.width = std::max(1, static_cast<int>(std::lround(width * scale)));
  image.height = std::max(1, static_cast<int>(std::lround(height * scale)));
  const Owned<BitmapHandle> bitmap(api.Bitmap_CreateEx(image.width, image.height, kFormatBgrx, nullptr, 0),
                                   Close{&api});
  if (!bitmap) return exhausted("no memory to draw a page of ", image.width, " by ", image.height, " pixels");
  api.Bitmap_FillRect(bitmap.get(), 0, 0, image.width, image.height, kWhite);
  api._RenderPageBitmap(bitmap.get(), page, 0, 0, image.width, image.height, turned, 0);
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

/// Heights of lines vary with the letters in them: those near the usual one are that.
class Sizes {
 public:
  explicit Sizes(const std::vector<OcrWord>& words) {
    std::vector<int> heights;
    for (const OcrWord& word : words) {
      if (word.text.size() > 2) heights.push_back(word.y1 - word.y0);
    }
    std::sort(heights.begin(), heights.end());
    usual_ = heights.empty() ? 0 : static_cast<float>(heights[heights.size() * 3 / 4]);
  }
  float of(float height) const { return usual_ > 0 && std::abs(height - usual_) < 0.35f * usual_ ? usual_ : height; }

 private:
  float usual_ = 0;
};

}  // namespace

float mean_confidence(const std::vector<OcrWord>& words) {
  double sum = 0;
  for (const OcrWord& word : words) sum += word.confidence;
  return words.empty() ? 0 : static_cast<float>(sum / static_cast<double>(words.size()));
}

// A gap of several letters' width begins another run.
void add_words(const std::vector<OcrWord>& words, float scale, Page& page) {
  constexpr float kGapHeights = 2.5f;
  const Sizes sizes(words);
  for (std::size_t begin = 0; begin < words.size();) {
    std::size_t end = begin + 1;
    int top = words[begin].y0, bottom = words[begin].y1;
    const auto height = [&] { return static_cast<float>(bottom - top); };
    while (end < words.size() && words[end].line == words[begin].line &&
           static_cast<float>(words[end].x0 - words[end - 1].x1) < kGapHeights * height()) {
      top = std::min(top, words[end].y0);
      bottom = std::max(bottom, words[end].y1);
      ++end;
    }
    Run run;
    for (std::size_t i = begin; i < end; ++i) {
      if (i > begin) {
        run.text += ' ';
        run.words.push_back({run.text.size(), static_cast<float>(words[i].x0) / scale});
      }
      run.text += words[i].text;
      for (const char c : words[i].text) run.chars += (c & 0xC0) != 0x80;
    }
    run.size = std::round(sizes.of(height()) / scale * 2) / 2;
    run.box = {static_cast<float>(words[begin].x0) / scale, static_cast<float>(top) / scale,
               static_cast<float>(words[end - 1].x1) / scale, static_cast<float>(bottom) / scale};
    const bool descends = run.text.find_first_of("gjpqy,;()Q") != std::string::npos;
    run.baseline = run.box.y1 - (descends ? 0.22f * run.size : 0);
    page.runs.push_back(std::move(run));
    begin = end;
  }
}

Status ScanReader::read(int index, Page& page) {
  if (quality_ == Quality::kFast || !page.runs.empty() || !unavailable_.ok()) return {};
  const Owned<PageHandle> handle(api_._LoadPage(document_, index), Close{&api_});
  if (!handle || api_.Page_CountObjects(handle.get()) == 0) return {};
  if (!engine_) {
    auto opened = open_tesseract(languages_);
    if (!opened.ok()) return unavailable_ = std::move(opened).status();
    engine_ = *std::move(opened);
  }
  int dpi = quality_ == Quality::kBest ? 300 : 200;
  const float longest = std::max(api_._GetPageWidthF(handle.get()), api_._GetPageHeightF(handle.get()));
  if (!(longest > 0)) return {};
  const float scale = std::min(static_cast<float>(dpi) / 72, kSideMaxPixels / longest);
  dpi = static_cast<int>(scale * 72);
  MP_ASSIGN(GrayImage image, draw(api_, handle.get(), 0, scale));
  MP_ASSIGN(std::vector<OcrWord> words, engine_->read(image, dpi));
  int turned = 0;
  if (mean_confidence(words) < kPoorConfidence) {
    turned = engine_->quarters_to_upright(image, dpi);
    if (turned != 0) {
      MP_ASSIGN(image, draw(api_, handle.get(), turned, scale));
      MP_ASSIGN(words, engine_->read(image, dpi));
    }
  }
  if (words.empty()) return {};
  page.number = index + 1;
  page.turned = turned;
  page.width = static_cast<float>(image.width) / scale;
  page.height = static_cast<float>(image.height) / scale;
  page.rulings = {};
  add_words(words, scale, page);
  confidence_ += mean_confidence(words) * static_cast<double>(words.size());
  words_ += static_cast<std::int64_t>(words.size());
  if (ranges_.empty() || ranges_.back().second != index) ranges_.emplace_back(index + 1, index + 1);
  ranges_.back().second = index + 1;
  return {};
}

void ScanReader::describe(Document& document) const {
  if (!engine_ || words_ == 0) return;
  std::string pages;
  for (const auto& [first, last] : ranges_) {
    (pages += pages.empty() ? "" : ",") += std::to_string(first);
    if (last > first) pages += "-" + std::to_string(last);
  }
  document.metadata["ocr_pages"] = pages;
  document.metadata["ocr_engine"] = engine_->name();
  document.metadata["ocr_quality"] = quality_ == Quality::kBest ? "best" : "balanced";
  document.metadata["ocr_confidence"] = std::to_string(std::lround(confidence_ / static_cast<double>(words_)));
}

}  // namespace millpond::extract::pdf
