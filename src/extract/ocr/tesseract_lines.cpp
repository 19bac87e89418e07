#include "extract/ocr/tesseract_lines.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace millpond::extract::tesseract {
namespace {

enum Level { kBlock, kParagraph, kLine, kWord };
enum BlockKind { kVerticalText = 7, kFirstImage = 9, kNoise = 14 };
constexpr int kRoom = 4;  // pixels around a line

struct Rectangle {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int height() const { return y1 - y0; }
};

Rectangle around(const Rectangle& a, const Rectangle& b) {
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

struct Heights {
  float line = 0, below = 0, above = 0;  ///< `below` is negative; `above` counts from small letters
};

/// Walks the words of a page and puts those of a line together, as Tesseract does for the same network.
/// Source: ccstruct/pageres.cpp (ROW_RES), ccmain/linerec.cpp (LSTMRecognizeWord).
class LineFinder {
 public:
  LineFinder(const Api& api, PageIterator* at, const GrayImage& image) : api_(api), at_(at), image_(image) {}

  std::optional<std::vector<PrintedLine>> find() {
    do {
      if (api_.at_beginning(at_, kBlock)) {
        const int kind = api_.block_type(at_);
        if (kind == kVerticalText || is_turned()) return std::nullopt;
        skipped_ = kind >= kFirstImage && kind <= kNoise;
      }
      if (skipped_) continue;
      Rectangle word;
      if (!api_.box(at_, kWord, &word.x0, &word.y0, &word.x1, &word.y1)) continue;
      const bool new_line = std::exchange(first_, false) || api_.at_beginning(at_, kLine);
      add(word, new_line);
    } while (api_.next(at_, kWord));
    close();
    return std::move(lines_);
  }

 private:
  bool is_turned() {
    int orientation = 0, writing = 0, order = 0;
    float skew = 0;
    api_.turned(at_, &orientation, &writing, &order, &skew);
    return orientation != 0 || writing != 0;
  }

  void add(const Rectangle& word, bool new_line) {
    constexpr float kWordHeights = 1.25f, kLineHeights = 1.25f, kGapHeights = 2;
    if (new_line) {
      close();
      ++line_;
      api_.row_heights(at_, &heights_.line, &heights_.below, &heights_.above);
    }
    const Rectangle both = open_ ? around(part_, word) : word;
    const bool fits = open_ && static_cast<float>(word.height()) <= kWordHeights * heights_.line &&
                      static_cast<float>(both.height()) <= kLineHeights * heights_.line &&
                      static_cast<float>(word.x0 - part_.x1) <= kGapHeights * heights_.line && !odd_;
    if (open_ && !fits) close();
    if (!open_) odd_ = static_cast<float>(word.height()) > kWordHeights * heights_.line;
    part_ = open_ ? both : word;
    open_ = true;
    int x1 = 0, y1 = 0, x2 = 0, y2 = 0;
    if (api_.baseline(at_, kWord, &x1, &y1, &x2, &y2)) baselines_.push_back({x1, y1, x2, y2});
  }

  /// The baseline in the middle of the part; its lower edge if there is none.
  float baseline() const {
    const float middle = static_cast<float>(part_.x0 + part_.x1) / 2;
    float found = static_cast<float>(part_.y1);
    for (const Rectangle& line : baselines_) {
      const auto width = static_cast<float>(std::max(1, line.x1 - line.x0));
      found = static_cast<float>(line.y0) + static_cast<float>(line.y1 - line.y0) *
                                                std::clamp((middle - static_cast<float>(line.x0)) / width, 0.f, 1.f);
      if (static_cast<float>(line.x1) >= middle) break;
    }
    return found;
  }

  void close() {
    if (!std::exchange(open_, false)) return;
    const float base = baseline();
    PrintedLine out;
    out.line = line_;
    out.top = part_.y0, out.bottom = part_.y1;
    const int y1 = std::max(part_.y1, static_cast<int>(base - heights_.below + 0.999f));
    const int y0 = std::min(part_.y0, static_cast<int>(base - heights_.line - heights_.below + 0.999f));
    out.strip = {std::max(0, part_.x0 - kRoom), std::max(0, y0 - kRoom), std::min(image_.width, part_.x1 + kRoom),
                 std::min(image_.height, y1 + kRoom)};
    baselines_.clear();
    lines_.push_back(out);
  }

  const Api& api_;
  PageIterator* const at_;
  const GrayImage& image_;
  std::vector<PrintedLine> lines_;
  Heights heights_;
  Rectangle part_;
  std::vector<Rectangle> baselines_;
  int line_ = -1;
  bool open_ = false, odd_ = false, skipped_ = false, first_ = true;
};

/// What is printed in a part of a picture: dark on light, or light on dark.
class Ink {
 public:
  Ink(const GrayImage& image, const Rectangle& part) : image_(image), part_(part) {
    std::array<int, 256> counts{};
    for (int y = part.y0; y < part.y1; ++y) {
      for (int x = part.x0; x < part.x1; ++x) ++counts[pixel(x, y)];
    }
    int darkest = 0, lightest = 255, dark = 0;
    while (darkest < 255 && counts[std::size_t(darkest)] == 0) ++darkest;
    while (lightest > 0 && counts[std::size_t(lightest)] == 0) --lightest;
    limit_ = (darkest + lightest) / 2;
    for (int value = 0; value <= limit_; ++value) dark += counts[std::size_t(value)];
    light_print_ = 2 * dark > (part.x1 - part.x0) * (part.y1 - part.y0);
  }

  bool any(int x0, int y0, int x1, int y1) const {
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        if ((int{pixel(x, y)} <= limit_) != light_print_) return true;
      }
    }
    return false;
  }

  /// The middle of the widest gap between two places; `otherwise` if there is none.
  int gap(int from, int to, int otherwise) const {
    int widest = 0, start = from;
    for (int x = from; x <= to; ++x) {
      if (x < to && !any(x, part_.y0, x + 1, part_.y1)) continue;
      if (x - start > widest) widest = x - start, otherwise = start + widest / 2;
      start = x + 1;
    }
    return otherwise;
  }

  /// Draws a box in from its sides to what is printed; left as it is if nothing is.
  void tighten(OcrWord& word) const {
    if (!any(word.x0, word.y0, word.x1, word.y1)) return;
    while (!any(word.x0, word.y0, word.x0 + 1, word.y1)) ++word.x0;
    while (!any(word.x1 - 1, word.y0, word.x1, word.y1)) --word.x1;
    while (!any(word.x0, word.y0, word.x1, word.y0 + 1)) ++word.y0;
    while (!any(word.x0, word.y1 - 1, word.x1, word.y1)) --word.y1;
  }

 private:
  std::uint8_t pixel(int x, int y) const {
    return image_.pixels[std::size_t(y) * std::size_t(image_.width) + std::size_t(x)];
  }

  const GrayImage& image_;
  const Rectangle part_;
  int limit_ = 0;
  bool light_print_ = false;
};

/// Reads lines that are not certain again, cut out a little otherwise, and keeps the reading with the least doubt.
Status read_doubtful(const lstm::LineReader& reader, const GrayImage& image, const std::vector<lstm::Strip>& strips,
                     std::vector<lstm::ReadLine>& read) {
  struct Cut {
    int above, below;
  };
  static constexpr Cut kCuts[] = {{-1, 0}, {1, 0}, {0, 1}, {0, -1}};
  constexpr float kDoubtPerLetter = 0.2f;
  std::vector<std::size_t> doubtful;
  for (std::size_t i = 0; i < strips.size(); ++i) {
    std::size_t letters = 0;
    for (const auto& word : read[i].words) letters += word.text.size() + 1;
    if (read[i].doubt > kDoubtPerLetter * static_cast<float>(letters)) doubtful.push_back(i);
  }
  for (const Cut& cut : kCuts) {
    std::vector<lstm::Strip> again;
    for (const std::size_t i : doubtful) {
      lstm::Strip strip = strips[i];
      strip.y0 = std::max(0, strip.y0 + cut.above);
      strip.y1 = std::min(image.height, strip.y1 + cut.below);
      again.push_back(strip);
    }
    MP_ASSIGN(std::vector<lstm::ReadLine> lines, reader.read(image, again));
    for (std::size_t j = 0; j < doubtful.size(); ++j) {
      lstm::ReadLine& best = read[doubtful[j]];
      if (!lines[j].words.empty() && lines[j].doubt < best.doubt) best = std::move(lines[j]);
    }
  }
  return {};
}

}  // namespace

std::optional<std::vector<PrintedLine>> find_lines(const Api& api, Handle* handle, const GrayImage& image) {
  if (api.row_heights == nullptr) return std::nullopt;
  const auto remove = [&](PageIterator* at) { api.delete_places(at); };
  const std::unique_ptr<PageIterator, decltype(remove)> at(api.analyse_layout(handle), remove);
  if (!at) return std::nullopt;  // an empty page, or one that is too large
  return LineFinder(api, at.get(), image).find();
}

Result<std::vector<OcrWord>> read_lines(const lstm::LineReader& reader, const GrayImage& image,
                                        const std::vector<PrintedLine>& lines) {
  std::vector<lstm::Strip> strips;
  for (const PrintedLine& line : lines) strips.push_back(line.strip);
  MP_ASSIGN(std::vector<lstm::ReadLine> read, reader.read(image, strips));
  MP_TRY(read_doubtful(reader, image, strips, read));
  std::vector<OcrWord> words;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const PrintedLine& line = lines[i];
    const Rectangle part{line.strip.x0, std::max(0, line.top), line.strip.x1, std::min(image.height, line.bottom)};
    if (read[i].words.empty() || part.y1 <= part.y0) continue;
    const Ink ink(image, part);
    int from = part.x0;
    for (std::size_t w = 0; w < read[i].words.size(); ++w) {
      // The network knows the order of letters well and their places less so: words part where nothing is printed.
      const lstm::ReadWord& word = read[i].words[w];
      const bool last = w + 1 == read[i].words.size();
      const int to = last ? part.x1 : ink.gap(std::max(from, word.last_seen), read[i].words[w + 1].first_seen, word.to);
      OcrWord out{word.text, from, part.y0, std::max(to, from + 1), part.y1, line.line, word.confidence};
      ink.tighten(out);
      words.push_back(std::move(out));
      from = std::min(std::max(to, from), part.x1 - 1);
    }
  }
  return words;
}

}  // namespace millpond::extract::tesseract
