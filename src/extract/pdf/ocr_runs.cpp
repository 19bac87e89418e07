#include "extract/pdf/ocr_runs.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "extract/pdf/characters.h"

namespace millpond::extract::pdf {
namespace {

// Shares of the type size, about the same in most faces.
constexpr float kAscent = 0.70f, kXHeight = 0.48f, kDescent = 0.21f, kComma = 0.13f;
constexpr float kIdeographAscent = 0.84f, kIdeographDescent = 0.08f;
constexpr float kDashHeight = 0.26f;  // of its middle over the baseline

/// How far a word's ink reaches over and under its baseline; `known`: it has letters that say so.
struct Reach {
  float above = 0, below = 0;
  bool known = false;
};

void reach_with(Reach& reach, float above, float below) {
  reach.above = std::max(reach.above, above);
  reach.below = std::max(reach.below, below);
  reach.known = true;
}

void add_letter(Reach& reach, char32_t c) {
  static constexpr std::string_view kDescending = "gpqy", kHigh = "bdfhklti!?&%#";
  static constexpr std::string_view kBoth = "jQ()[]{}|/$@\\";
  static constexpr std::u32string_view kCyrillicDescending = U"рущц", kCyrillicBoth = U"фД";
  if (c < 0x80) {
    const char letter = static_cast<char>(c);
    if (kBoth.find(letter) != kBoth.npos) return reach_with(reach, kAscent, kDescent);
    if (kDescending.find(letter) != kDescending.npos) return reach_with(reach, kXHeight, kDescent);
    if (kHigh.find(letter) != kHigh.npos || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9'))
      return reach_with(reach, kAscent, 0);
    if (letter >= 'a' && letter <= 'z') return reach_with(reach, kXHeight, 0);
    if (letter == ',' || letter == ';') reach.below = std::max(reach.below, kComma);
    if (letter == ':' || letter == ';') reach.above = std::max(reach.above, kXHeight);
    return;
  }
  if (kCyrillicBoth.find(c) != kCyrillicBoth.npos) return reach_with(reach, kAscent, kDescent);
  if (kCyrillicDescending.find(c) != kCyrillicDescending.npos) return reach_with(reach, kXHeight, kDescent);
  if ((c >= 0x410 && c < 0x430) || c == U'б') return reach_with(reach, kAscent, 0);
  if (c >= 0x430 && c < 0x450) return reach_with(reach, kXHeight, 0);
  if (c >= 0xC0 && c < 0x250) return reach_with(reach, kAscent, c == 0xE7 || c == 0xC7 ? kDescent : 0);
  if (is_spaceless(c)) reach_with(reach, kIdeographAscent, kIdeographDescent);
}

Reach reach_of(std::string_view text) {
  Reach reach;
  for (std::size_t at = 0; at < text.size();) add_letter(reach, next_code(text, at));
  return reach;
}

std::size_t code_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

float middle_of(std::vector<float>& values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Type sizes of a page in pixels: those near the usual one are that.
class Sizes {
 public:
  explicit Sizes(const std::vector<OcrWord>& words) {
    std::vector<float> all;
    for (const OcrWord& word : words) {
      if (const float size = of_word(word); size > 0)
        all.insert(all.end(), std::min<std::size_t>(word.text.size(), 12), size);
    }
    if (!all.empty()) usual_ = middle_of(all);
  }

  /// Of words that stand side by side.
  float of(const OcrWord* begin, const OcrWord* end) const {
    std::vector<float> sizes;
    std::size_t letters = 0;
    for (const OcrWord* word = begin; word != end; ++word) {
      const float size = of_word(*word);
      if (size > 0) sizes.insert(sizes.end(), std::min<std::size_t>(word->text.size(), 12), size);
      letters += word->text.size();
    }
    if (sizes.empty()) return usual_ > 0 ? usual_ : static_cast<float>(begin->y1 - begin->y0);
    const float size = middle_of(sizes);
    const float near = letters < kLettersOfSize ? kNearFew : kNear;
    return std::abs(size - usual_) < near * usual_ ? usual_ : size;
  }

  /// Whether a word is a flat stroke: OCR takes those that stand alone for letters and figures.
  bool is_dash(const OcrWord& word) const {
    const int width = word.x1 - word.x0, height = word.y1 - word.y0;
    return static_cast<float>(height) < kDashMax * usual_ && width > height + height / 2 && code_count(word.text) == 1;
  }

 private:
  static constexpr float kDashMax = 0.25f;
  static constexpr float kNear = 0.15f, kNearFew = 0.35f;
  static constexpr std::size_t kLettersOfSize = 6;  // fewer may be a mark, a raised figure or a misread speck

  static float of_word(const OcrWord& word) {
    const Reach reach = reach_of(word.text);
    return reach.known ? static_cast<float>(word.y1 - word.y0) / (reach.above + reach.below) : 0;
  }
  float usual_ = 0;
};

/// The line on which words of this size stand.
float baseline_of(const OcrWord* begin, const OcrWord* end, float size) {
  std::vector<float> sure, guessed;
  for (const OcrWord* word = begin; word != end; ++word) {
    const Reach reach = reach_of(word->text);
    if (reach.known) {
      sure.push_back(static_cast<float>(word->y1) - reach.below * size);
    } else {
      guessed.push_back(static_cast<float>(word->y0 + word->y1) / 2 + kDashHeight * size);
    }
  }
  return sure.empty() ? middle_of(guessed) : middle_of(sure);
}

}  // namespace

void add_rulings(const DrawnLines& lines, float scale, Page& page) {
  for (const DrawnLine& line : lines.horizontal)
    page.rulings.horizontal.push_back({line.at / scale, line.from / scale, line.to / scale});
  for (const DrawnLine& line : lines.vertical)
    page.rulings.vertical.push_back({line.at / scale, line.from / scale, line.to / scale});
  join_pieces(page.rulings.horizontal);
  join_pieces(page.rulings.vertical);
}

void add_words(const std::vector<OcrWord>& words, float scale, Page& page) {
  constexpr float kGapEm = 1.0f;
  const Sizes sizes(words);
  const auto goes_on = [&](const OcrWord& left, const OcrWord& right, float size) {
    if (left.line != right.line || static_cast<float>(right.x0 - left.x1) >= kGapEm * size) return false;
    return !page.rulings.parts(static_cast<float>(left.x1) / scale, static_cast<float>(right.x0) / scale,
                               static_cast<float>(left.y0 + left.y1) / 2 / scale);
  };
  const OcrWord* const all_end = words.data() + words.size();
  for (const OcrWord *begin = words.data(), *end = begin; begin != all_end; begin = end) {
    const OcrWord* line_end = begin;
    while (line_end != all_end && line_end->line == begin->line) ++line_end;
    const float size = sizes.of(begin, line_end);
    for (end = begin + 1; end != line_end && goes_on(end[-1], *end, size);) ++end;
    Run run;
    int top = begin->y0, bottom = begin->y1;
    for (const OcrWord* word = begin; word != end; ++word) {
      top = std::min(top, word->y0), bottom = std::max(bottom, word->y1);
      if (word != begin) {
        run.text += ' ';
        run.words.push_back({run.text.size(), static_cast<float>(word->x0) / scale});
      }
      run.text += sizes.is_dash(*word) && first_code(word->text) != 0x2014 ? "-" : word->text;
      run.chars += static_cast<int>(code_count(word->text));
    }
    const float own = sizes.of(begin, end);
    run.size = std::round(own / scale * 2) / 2;
    run.box = {static_cast<float>(begin->x0) / scale, static_cast<float>(top) / scale,
               static_cast<float>(end[-1].x1) / scale, static_cast<float>(bottom) / scale};
    run.baseline = baseline_of(begin, end, own) / scale;
    page.runs.push_back(std::move(run));
  }
}

}  // namespace millpond::extract::pdf
