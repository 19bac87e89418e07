#include "extract/pdf/picture_text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace millpond::extract::pdf {
namespace {

constexpr float kTouchPt = 2;
constexpr float kWidthMinPt = 60, kHeightMinPt = 18, kPageShareMin = 0.015f;
constexpr float kTextShareMax = 0.06f;  // of a picture's area: more text, and it has been read already
constexpr std::size_t kPiecesMax = 200;

float area(const Box& box) { return std::max(0.0f, box.x1 - box.x0) * std::max(0.0f, box.y1 - box.y0); }

bool touch(const Box& a, const Box& b) {
  return a.x0 <= b.x1 + kTouchPt && b.x0 <= a.x1 + kTouchPt && a.y0 <= b.y1 + kTouchPt && b.y0 <= a.y1 + kTouchPt;
}

bool inside(const Box& box, const Box& outer) {
  const float x = (box.x0 + box.x1) / 2, y = (box.y0 + box.y1) / 2;
  return x > outer.x0 && x < outer.x1 && y > outer.y0 && y < outer.y1;
}

/// Scanners store a page in strips.
std::vector<Box> in_one(const std::vector<Box>& pieces, const Page& page) {
  std::vector<Box> out;
  for (std::size_t i = 0; i < std::min(pieces.size(), kPiecesMax); ++i) {
    Box box = {std::max(0.0f, pieces[i].x0), std::max(0.0f, pieces[i].y0), std::min(page.width, pieces[i].x1),
               std::min(page.height, pieces[i].y1)};
    if (box.empty()) continue;
    for (std::size_t k = 0; k < out.size();) {
      if (!touch(box, out[k])) {
        ++k;
        continue;
      }
      box = {std::min(box.x0, out[k].x0), std::min(box.y0, out[k].y0), std::max(box.x1, out[k].x1),
             std::max(box.y1, out[k].y1)};
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(k));
      k = 0;  // the larger box may touch others
    }
    out.push_back(box);
  }
  return out;
}

}  // namespace

std::vector<Box> unread_pictures(const Page& page) {
  std::vector<Box> out = in_one(page.rulings.pictures, page);
  std::erase_if(out, [&](const Box& box) {
    if (box.x1 - box.x0 < kWidthMinPt || box.y1 - box.y0 < kHeightMinPt) return true;
    if (area(box) < kPageShareMin * page.width * page.height) return true;
    float text = 0;
    for (const Run& run : page.runs) text += inside(run.box, box) ? area(run.box) : 0;
    return text > kTextShareMax * area(box);
  });
  std::sort(out.begin(), out.end(),
            [](const Box& a, const Box& b) { return a.y0 != b.y0 ? a.y0 < b.y0 : a.x0 < b.x0; });
  return out;
}

bool looks_printed(const GrayImage& image) {
  constexpr int kNear = 20, kDarker = 70, kGroundMin = 130;
  constexpr double kGroundShare = 0.5, kInkMin = 0.0003, kInkMax = 0.35;
  std::array<std::size_t, 256> counts{};
  for (const std::uint8_t value : image.pixels) ++counts[value];
  const int ground = static_cast<int>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  if (ground < kGroundMin) return false;
  std::size_t even = 0, ink = 0;
  for (int value = 0; value < 256; ++value) {
    if (std::abs(value - ground) <= kNear) even += counts[static_cast<std::size_t>(value)];
    if (value < ground - kDarker) ink += counts[static_cast<std::size_t>(value)];
  }
  const auto all = static_cast<double>(image.pixels.size());
  return static_cast<double>(even) > kGroundShare * all && static_cast<double>(ink) > kInkMin * all &&
         static_cast<double>(ink) < kInkMax * all;
}

void drop_noise(std::vector<OcrWord>& words) {
  constexpr float kCertainEnough = 50;
  std::erase_if(words, [](const OcrWord& word) {
    return word.confidence < kCertainEnough ||
           std::none_of(
               word.text.begin(), word.text.end(), [](unsigned char c) { return c >= 0x80 || std::isalnum(c) != 0; });
  });
}

bool is_running_text(const std::vector<OcrWord>& words) {
  constexpr std::size_t kWordsOfLine = 5;
  std::size_t in_lines = 0;
  for (std::size_t begin = 0, end = 0; begin < words.size(); begin = end) {
    while (end < words.size() && words[end].line == words[begin].line) ++end;
    if (end - begin >= kWordsOfLine) in_lines += end - begin;
  }
  return 5 * in_lines >= 3 * words.size();
}

std::string joined(const std::vector<OcrWord>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += words[i].line == words[i - 1].line ? ' ' : '\n';
    out += words[i].text;
  }
  return out;
}

void drop_read_already(const Page& page, const Box& region, float scale, std::vector<OcrWord>& words) {
  std::erase_if(words, [&](const OcrWord& word) {
    const Box box{region.x0 + static_cast<float>(word.x0) / scale, region.y0 + static_cast<float>(word.y0) / scale,
                  region.x0 + static_cast<float>(word.x1) / scale, region.y0 + static_cast<float>(word.y1) / scale};
    return std::any_of(page.runs.begin(), page.runs.end(), [&](const Run& run) { return inside(box, run.box); });
  });
}

void move(Run& run, float right, float down) {
  run.box = {run.box.x0 + right, run.box.y0 + down, run.box.x1 + right, run.box.y1 + down};
  run.baseline += down;
  for (WordStart& word : run.words) word.x0 += right;
}

}  // namespace millpond::extract::pdf
