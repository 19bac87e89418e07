#include "extract/ocr/read_upright.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "extract/ocr/left_over.h"
#include "extract/ocr/paper.h"
#include "extract/ocr/skew.h"

namespace millpond::extract {
namespace {

constexpr float kPoorConfidence = 55;    // below, the page may stand on its side
constexpr float kSkewMin = 2;            // degrees; Tesseract follows lines of less by itself
constexpr float kSlightSkewMin = 0.15f;  // less does not hide which words stand on one line

/// Where a word is once the page is straight.
void straighten(OcrWord& word, const GrayImage& image, float skew) {
  const float angle = skew * 3.14159265f / 180, c = std::cos(angle), s = std::sin(angle);
  const float middle_x = static_cast<float>(image.width) / 2, middle_y = static_cast<float>(image.height) / 2;
  const float dx = static_cast<float>(word.x0 + word.x1) / 2 - middle_x;
  const float dy = static_cast<float>(word.y0 + word.y1) / 2 - middle_y;
  const auto width = static_cast<float>(word.x1 - word.x0), height = static_cast<float>(word.y1 - word.y0);
  const float upright = std::max(height / 2, height - std::abs(s) * width);
  const float x = middle_x + c * dx + s * dy, y = middle_y - s * dx + c * dy;
  word.x0 = static_cast<int>(std::lround(x - width / 2)), word.x1 = static_cast<int>(std::lround(x + width / 2));
  word.y0 = static_cast<int>(std::lround(y - upright / 2)), word.y1 = static_cast<int>(std::lround(y + upright / 2));
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

Status read_straight(OcrEngine& engine, const GrayImage& image, int dpi, UprightWords& out) {
  out.skew = skew_degrees(image);
  if (std::abs(out.skew) < kSlightSkewMin) out.skew = 0;
  const bool slight = std::abs(out.skew) < kSkewMin;
  GrayImage clear = slight ? image : rotated(image, out.skew);
  const DrawnLines edges = turn_light_words(clear, dpi);
  out.lines = take_drawn_lines(clear, dpi);
  out.lines.horizontal.insert(out.lines.horizontal.end(), edges.horizontal.begin(), edges.horizontal.end());
  out.lines.vertical.insert(out.lines.vertical.end(), edges.vertical.begin(), edges.vertical.end());
  MP_ASSIGN(out.words, engine.read(clear, dpi));
  if (!runs_upwards(out.words)) MP_TRY(read_left_over(engine, clear, dpi, out.words));
  if (slight && out.skew != 0) {
    straighten(out.lines, image.width, image.height, out.skew);
    for (OcrWord& word : out.words) straighten(word, image, out.skew);
  }
  return {};
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
  if (!sideways) MP_TRY(read_straight(engine, image, dpi, out));
  if (sideways || mean_confidence(out.words) < kPoorConfidence || runs_upwards(out.words)) {
    out.quarters = engine.quarters_to_upright(image, dpi);
    if (out.quarters != 0) image = turned(image, out.quarters);
    if (sideways || out.quarters != 0) MP_TRY(read_straight(engine, image, dpi, out));
  }
  out.width = image.width, out.height = image.height;
  return out;
}

}  // namespace millpond::extract
