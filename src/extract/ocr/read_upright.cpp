#include "extract/ocr/read_upright.h"

#include <cmath>
#include <utility>

#include "extract/ocr/skew.h"

namespace millpond::extract {
namespace {

constexpr float kPoorConfidence = 55;  // below, the page may stand on its side
constexpr float kSkewMin = 2;          // degrees; Tesseract follows lines of less by itself

Result<std::vector<OcrWord>> read_straight(OcrEngine& engine, const GrayImage& image, int dpi, float& skew) {
  skew = skew_degrees(image);
  if (std::abs(skew) < kSkewMin) {
    skew = 0;
    return engine.read(image, dpi);
  }
  return engine.read(rotated(image, skew), dpi);
}

/// Tesseract also reads lines that run up or down, but without spaces and with more mistakes.
bool runs_upwards(const std::vector<OcrWord>& words) {
  constexpr std::size_t kLetters = 4;
  std::size_t tall = 0, all = 0;
  for (const OcrWord& word : words) {
    if (word.text.size() < kLetters) continue;
    ++all;
    tall += word.y1 - word.y0 > word.x1 - word.x0;
  }
  return 2 * tall > all;
}

}  // namespace

float mean_confidence(const std::vector<OcrWord>& words) {
  double sum = 0;
  for (const OcrWord& word : words) sum += word.confidence;
  return words.empty() ? 0 : static_cast<float>(sum / static_cast<double>(words.size()));
}

Result<UprightWords> read_upright(OcrEngine& engine, GrayImage image, int dpi) {
  UprightWords out;
  const bool sideways = lies_sideways(image);
  if (!sideways) { MP_ASSIGN(out.words, read_straight(engine, image, dpi, out.skew)); }
  if (sideways || mean_confidence(out.words) < kPoorConfidence || runs_upwards(out.words)) {
    out.quarters = engine.quarters_to_upright(image, dpi);
    if (out.quarters != 0) image = turned(image, out.quarters);
    if (sideways || out.quarters != 0) { MP_ASSIGN(out.words, read_straight(engine, image, dpi, out.skew)); }
  }
  out.width = image.width, out.height = image.height;
  return out;
}

}  // namespace millpond::extract
