#include "extract/ocr/left_over.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "extract/ocr/paper.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kWordsMin = 8;      // fewer words do not say how large letters are
constexpr std::size_t kBlotsMax = 6'000;  // a page with more is a photograph
constexpr std::size_t kPiecesMin = 3, kPiecesMax = 1'500;
constexpr float kConfidenceMin = 55;

/// Ink that touches; later: ink that reads as one word. `x1`, `y1`: the first pixel outside.
struct Blot {
  int x0, y0, x1, y1;
  int height() const { return y1 - y0; }
  int width() const { return x1 - x0; }
};

void include(Blot& blot, const Blot& other) {
  blot = {std::min(blot.x0, other.x0), std::min(blot.y0, other.y0), std::max(blot.x1, other.x1),
          std::max(blot.y1, other.y1)};
}

int usual_height(const std::vector<OcrWord>& words) {
  std::vector<int> heights;
  for (const OcrWord& word : words) heights.push_back(word.y1 - word.y0);
  std::nth_element(heights.begin(), heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 2), heights.end());
  return heights[heights.size() / 2];
}

std::vector<std::uint8_t> ink_without(const GrayImage& image, const std::vector<OcrWord>& words) {
  constexpr int kMargin = 2;
  const InkLevels levels(image);
  std::vector<std::uint8_t> ink(image.pixels.size());
  std::size_t at = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, ++at) ink[at] = image.pixels[at] < levels.at(x, y);
  }
  for (const OcrWord& word : words) {
    const int x0 = std::max(0, word.x0 - kMargin), x1 = std::min(image.width, word.x1 + kMargin);
    for (int y = std::max(0, word.y0 - kMargin); y < std::min(image.height, word.y1 + kMargin) && x0 < x1; ++y) {
      std::fill_n(ink.begin() + static_cast<std::ptrdiff_t>(y) * image.width + x0, x1 - x0, std::uint8_t{0});
    }
  }
  return ink;
}

/// Boxes of ink that touches, also at corners. Empty if there are too many.
std::vector<Blot> blots_of(const GrayImage& image, std::vector<std::uint8_t>& ink) {
  std::vector<Blot> blots;
  std::vector<std::pair<int, int>> rest;
  const auto take = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
    std::uint8_t& here =
        ink[static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)];
    if (std::exchange(here, std::uint8_t{0}) != 0) rest.emplace_back(x, y);
  };
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* row = ink.data() + static_cast<std::ptrdiff_t>(y) * image.width;
    for (int x = 0; x < image.width; ++x) {
      if (row[x] == 0) continue;
      take(x, y);
      Blot blot{x, y, x + 1, y + 1};
      while (!rest.empty()) {
        const auto [px, py] = rest.back();
        rest.pop_back();
        include(blot, {px, py, px + 1, py + 1});
        for (int dy = -1; dy <= 1; ++dy) {
          for (int dx = -1; dx <= 1; ++dx) take(px + dx, py + dy);
        }
      }
      if (blot.height() * blot.width() >= 4) blots.push_back(blot);
      if (blots.size() > kBlotsMax) return {};
    }
  }
  return blots;
}

/// Blots of the size of letters that stand side by side become words; points and commas join those next to them.
std::vector<Blot> words_of(std::vector<Blot> blots, int usual) {
  const auto letter = [&](const Blot& b) {
    return 10 * b.height() >= 5 * usual && 10 * b.height() <= 18 * usual && b.width() <= 4 * usual;
  };
  const auto point = [&](const Blot& b) { return 2 * b.height() < usual && 2 * b.width() < usual; };
  std::sort(blots.begin(), blots.end(), [](const Blot& a, const Blot& b) { return a.x0 < b.x0; });
  std::vector<Blot> words;
  for (const Blot& blot : blots) {
    if (!letter(blot) && !point(blot)) continue;
    const auto home = std::find_if(words.rbegin(), words.rend(), [&](const Blot& word) {
      const int shared = std::min(word.y1, blot.y1) - std::max(word.y0, blot.y0);
      const bool beside = 10 * (blot.x0 - word.x1) < 4 * usual;
      if (point(blot)) return beside && letter(word) && blot.y1 > word.y0 && blot.y0 < word.y1 + usual / 4;
      return beside && 2 * shared > std::min(word.height(), blot.height());
    });
    if (home != words.rend()) {
      include(*home, blot);
    } else {
      words.push_back(blot);
    }
  }
  std::erase_if(words, [&](const Blot& b) {
    return 2 * b.height() < usual || 10 * b.height() > 20 * usual || b.width() > 25 * usual;
  });
  return words;
}

/// Pieces of a picture side by side in lines, and where each came from.
struct Collage {
  GrayImage image;
  std::vector<std::pair<Blot, Blot>> places;  // in the collage, on the page
};

Collage collage_of(const GrayImage& image, std::vector<Blot> pieces, int usual) {
  const int gap = usual, line = 2 * usual + usual / 2, margin = 2 * usual;
  std::sort(pieces.begin(), pieces.end(),
            [](const Blot& a, const Blot& b) { return std::pair(a.y0, a.x0) < std::pair(b.y0, b.x0); });
  Collage out;
  out.image.width = 70 * usual;
  int x = margin, bottom = margin + 2 * usual;
  for (const Blot& piece : pieces) {
    if (x + piece.width() + margin > out.image.width) x = margin, bottom += line;
    out.places.push_back({{x, bottom - piece.height(), x + piece.width(), bottom}, piece});
    x += piece.width() + gap;
  }
  out.image.height = bottom + margin;
  out.image.pixels.assign(static_cast<std::size_t>(out.image.width) * static_cast<std::size_t>(out.image.height), 255);
  for (const auto& [to, from] : out.places) {
    for (int y = 0; y < from.height(); ++y) {
      const auto* source = image.pixels.data() + static_cast<std::ptrdiff_t>(from.y0 + y) * image.width + from.x0;
      std::copy_n(source, from.width(),
                  out.image.pixels.data() + static_cast<std::ptrdiff_t>(to.y0 + y) * out.image.width + to.x0);
    }
  }
  return out;
}

bool says_something(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<signed char>(c) < 0;
  });
}

/// Puts a word behind the one to its left on the same height, if there is one: so it stands in the page's order.
void insert(OcrWord word, std::vector<OcrWord>& words) {
  auto left = words.end();
  for (auto it = words.begin(); it != words.end(); ++it) {
    const int shared = std::min(it->y1, word.y1) - std::max(it->y0, word.y0);
    if (2 * shared < word.y1 - word.y0 || it->x0 >= word.x0) continue;
    if (left == words.end() || it->x0 > left->x0) left = it;
  }
  words.insert(left == words.end() ? left : left + 1, std::move(word));
}

}  // namespace

Status read_left_over(OcrEngine& engine, const GrayImage& image, int dpi, std::vector<OcrWord>& words) {
  if (words.size() < kWordsMin) return {};
  const int usual = std::max(4, usual_height(words));
  std::erase_if(words, [&](const OcrWord& word) {
    if (word.x1 <= word.x0 || word.y1 <= word.y0) return true;
    return word.text.size() >= 3 && word.y1 - word.y0 > 3 * usual && word.y1 - word.y0 > 3 * (word.x1 - word.x0);
  });
  std::vector<std::uint8_t> ink = ink_without(image, words);
  const std::vector<Blot> pieces = words_of(blots_of(image, ink), usual);
  if (pieces.size() < kPiecesMin || pieces.size() > kPiecesMax) return {};
  const Collage collage = collage_of(image, pieces, usual);
  MP_ASSIGN(const std::vector<OcrWord> read, engine.read(collage.image, dpi));
  int line = 0;
  for (const OcrWord& word : words) line = std::max(line, word.line);
  for (const auto& [place, from] : collage.places) {
    OcrWord word{{}, from.x0, from.y0, from.x1, from.y1, ++line, 100};
    for (const OcrWord& part : read) {
      const int x = (part.x0 + part.x1) / 2, y = (part.y0 + part.y1) / 2;
      if (x < place.x0 || x > place.x1 || y < place.y0 - usual / 2 || y > place.y1 + usual / 2) continue;
      word.text += part.text;
      word.confidence = std::min(word.confidence, part.confidence);
    }
    if (says_something(word.text) && word.confidence >= kConfidenceMin) insert(std::move(word), words);
  }
  return {};
}

}  // namespace millpond::extract
