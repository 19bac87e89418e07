#include "extract/ocr/drawn_lines.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "extract/ocr/paper.h"

namespace millpond::extract {
namespace {

constexpr float kShortPt = 9;   // letters have shorter strokes
constexpr float kAlonePt = 40;  // shorter lines must touch another: strokes of large letters do not
constexpr float kTouchPt = 2.5f;
constexpr float kThickPt = 3.2f;     // thicker ones are bars of a chart, or shaded
constexpr float kClearShare = 0.3f;  // of a line's length may have ink beside it: letters that touch it
constexpr float kStrokePt = 0.8f;    // what is shorter beside a line is its ragged edge, not a letter's stroke
constexpr std::size_t kStretchesMax = 200'000;
constexpr std::size_t kLinesMax = 5'000;
constexpr float kRadians = 3.14159265f / 180;

/// Dark pixels side by side, in a row or in a column.
struct Stretch {
  int across, from, to;  // `to`: the first that is not dark
  int piece = -1;
};

struct Piece {
  std::vector<Stretch> stretches;
  std::int64_t area = 0;
  int from = 0, to = 0;
};

/// Looks at a picture along its rows, or along its columns.
class Finder {
 public:
  Finder(const GrayImage& image, const InkLevels& levels, int dpi, bool rows)
      : image_(image), levels_(levels), rows_(rows), point_(static_cast<float>(dpi) / 72) {}

  std::vector<Piece> find() {
    stretches_.reserve(4096);
    rows_ ? along_rows() : along_columns();
    if (stretches_.size() > kStretchesMax) return {};
    std::sort(stretches_.begin(), stretches_.end(), [](const Stretch& a, const Stretch& b) {
      return a.across != b.across ? a.across < b.across : a.from < b.from;
    });
    std::vector<Piece> pieces = join();
    std::erase_if(pieces, [&](const Piece& piece) { return !is_line(piece); });
    if (pieces.size() > kLinesMax) pieces.clear();
    return pieces;
  }

 private:
  int width() const { return image_.width; }
  bool dark(int across, int along) const {
    const int x = rows_ ? along : across, y = rows_ ? across : along;
    if (x < 0 || y < 0 || x >= image_.width || y >= image_.height) return false;
    return image_.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(image_.width) +
                         static_cast<std::size_t>(x)] < levels_.at(x, y);
  }
  void add(int across, int from, int to) {
    if (static_cast<float>(to - from) >= kShortPt * point_) stretches_.push_back({across, from, to});
  }
  void along_rows() {
    const std::uint8_t* pixel = image_.pixels.data();
    for (int y = 0; y < image_.height && stretches_.size() <= kStretchesMax; ++y) {
      int from = -1;
      for (int x = 0; x < image_.width; ++x, ++pixel) {
        if (*pixel < levels_.at(x, y)) {
          if (from < 0) from = x;
        } else if (from >= 0) {
          add(y, from, x);
          from = -1;
        }
      }
      if (from >= 0) add(y, from, image_.width);
    }
  }
  void along_columns() {
    std::vector<int> from(static_cast<std::size_t>(image_.width), -1);
    const std::uint8_t* pixel = image_.pixels.data();
    for (int y = 0; y < image_.height && stretches_.size() <= kStretchesMax; ++y) {
      for (int x = 0; x < image_.width; ++x, ++pixel) {
        int& begin = from[static_cast<std::size_t>(x)];
        if (*pixel < levels_.at(x, y)) {
          if (begin < 0) begin = y;
        } else if (begin >= 0) {
          add(x, begin, y);
          begin = -1;
        }
      }
    }
    for (int x = 0; x < image_.width; ++x) {
      if (from[static_cast<std::size_t>(x)] >= 0) add(x, from[static_cast<std::size_t>(x)], image_.height);
    }
  }

  /// Stretches of neighbouring rows that touch make one piece.
  std::vector<Piece> join() {
    std::vector<int> parent;
    const auto root = [&](int piece) {
      while (parent[static_cast<std::size_t>(piece)] != piece) piece = parent[static_cast<std::size_t>(piece)];
      return piece;
    };
    std::size_t before = 0, before_end = 0;  // the stretches of the row before
    for (std::size_t begin = 0; begin < stretches_.size();) {
      std::size_t end = begin;
      while (end < stretches_.size() && stretches_[end].across == stretches_[begin].across) ++end;
      if (before_end == 0 || stretches_[before].across + 1 != stretches_[begin].across) before = before_end = begin;
      std::size_t low = before;
      for (std::size_t i = begin; i < end; ++i) {
        Stretch& here = stretches_[i];
        while (low < before_end && stretches_[low].to < here.from) ++low;
        for (std::size_t k = low; k < before_end && stretches_[k].from <= here.to; ++k) {
          const int above = root(stretches_[k].piece);
          if (here.piece < 0) {
            here.piece = above;
          } else {
            parent[static_cast<std::size_t>(std::max(above, root(here.piece)))] = std::min(above, root(here.piece));
          }
        }
        if (here.piece < 0) {
          here.piece = static_cast<int>(parent.size());
          parent.push_back(here.piece);
        }
      }
      before = begin, before_end = end, begin = end;
    }
    std::vector<Piece> pieces(parent.size());
    for (const Stretch& stretch : stretches_) {
      Piece& piece = pieces[static_cast<std::size_t>(root(stretch.piece))];
      piece.from = piece.stretches.empty() ? stretch.from : std::min(piece.from, stretch.from);
      piece.to = std::max(piece.to, stretch.to);
      piece.area += stretch.to - stretch.from;
      piece.stretches.push_back(stretch);
    }
    std::erase_if(pieces, [](const Piece& piece) { return piece.stretches.empty(); });
    return pieces;
  }

  bool is_line(const Piece& piece) const {
    const auto length = static_cast<float>(piece.to - piece.from);
    const float thickness = static_cast<float>(piece.area) / length;
    const float span = static_cast<float>(piece.stretches.back().across - piece.stretches.front().across + 1);
    if (thickness > kThickPt * point_ || length < 4 * thickness) return false;
    if (span > 2 * kThickPt * point_ + 0.04f * length) return false;
    return beside(piece, thickness) <= kClearShare * length;
  }

  /// How many places of the line have ink next to it that goes on: the larger one of its two sides.
  float beside(const Piece& piece, float thickness) const {
    const int off = std::max(2, static_cast<int>(thickness / 2) + static_cast<int>(point_));
    std::vector<int> first(static_cast<std::size_t>(piece.to - piece.from), INT32_MAX), last(first.size(), -1);
    for (const Stretch& stretch : piece.stretches) {
      for (int at = stretch.from; at < stretch.to; ++at) {
        const auto i = static_cast<std::size_t>(at - piece.from);
        first[i] = std::min(first[i], stretch.across);
        last[i] = std::max(last[i], stretch.across);
      }
    }
    int before = 0, after = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (last[i] < 0) continue;
      const int along = piece.from + static_cast<int>(i);
      before += dark(first[i] - off, along) && dark(first[i] - 1, along);
      after += dark(last[i] + off, along) && dark(last[i] + 1, along);
    }
    return static_cast<float>(std::max(before, after));
  }

  const GrayImage& image_;
  const InkLevels& levels_;
  const bool rows_;
  const float point_;
  std::vector<Stretch> stretches_;
};

DrawnLine line_of(const Piece& piece) {
  double across = 0;
  for (const Stretch& stretch : piece.stretches) across += double(stretch.across) * (stretch.to - stretch.from);
  return {static_cast<float>(across / static_cast<double>(piece.area)) + 0.5f, static_cast<float>(piece.from),
          static_cast<float>(piece.to)};
}

/// Paints lines white, but where a letter's stroke goes through them.
class Painter {
 public:
  Painter(bool rows, const InkLevels& levels, const std::vector<std::uint8_t>& lines, int dpi, GrayImage& image)
      : levels_(levels),
        lines_(lines),
        image_(image),
        rows_(rows),
        stroke_(std::max(2, static_cast<int>(kStrokePt * static_cast<float>(dpi) / 72 + 0.5f))) {}

  void paint(const Piece& piece) {
    for (const Stretch& stretch : piece.stretches) {
      for (int along = stretch.from; along < stretch.to; ++along) {
        const int level = rows_ ? levels_.at(along, stretch.across) : levels_.at(stretch.across, along);
        const int before = ragged(stretch.across, along, -1, level), after = ragged(stretch.across, along, 1, level);
        if (before < 0 || after < 0) continue;
        // What printing or scanning blurred lies beside it.
        for (int across = stretch.across - before - 1; across <= stretch.across + after + 1; ++across) {
          if (across < 0 || across >= count()) continue;
          std::uint8_t& pixel = image_.pixels[at(across, along)];
          const bool own = across > stretch.across - before - 1 && across < stretch.across + after + 1;
          if (own || pixel >= level) pixel = static_cast<std::uint8_t>(level + InkLevels::kContrast);
        }
      }
    }
  }

 private:
  int count() const { return rows_ ? image_.height : image_.width; }
  std::size_t at(int across, int along) const {
    const auto width = static_cast<std::size_t>(image_.width);
    return rows_ ? static_cast<std::size_t>(across) * width + static_cast<std::size_t>(along)
                 : static_cast<std::size_t>(along) * width + static_cast<std::size_t>(across);
  }
  /// How many dark pixels the line has beside what was found of it, on that side; -1 if they are so many that a stroke
  /// goes on there.
  int ragged(int across, int along, int way, int level) const {
    for (across += way; across >= 0 && across < count() && lines_[at(across, along)] != 0;) across += way;
    const int first = across;
    while (across >= 0 && across < count() && image_.pixels[at(across, along)] < level) {
      across += way;
      if (std::abs(across - first) >= stroke_) return -1;
    }
    return std::abs(across - first);
  }

  const InkLevels& levels_;
  const std::vector<std::uint8_t>& lines_;
  GrayImage& image_;
  const bool rows_;
  const int stroke_;
};

void mark(const std::vector<Piece>& pieces, bool rows, std::size_t width, std::vector<std::uint8_t>& lines) {
  for (const Piece& piece : pieces) {
    for (const Stretch& stretch : piece.stretches) {
      for (int along = stretch.from; along < stretch.to; ++along) {
        lines[rows ? static_cast<std::size_t>(stretch.across) * width + static_cast<std::size_t>(along)
                   : static_cast<std::size_t>(along) * width + static_cast<std::size_t>(stretch.across)] = 1;
      }
    }
  }
}

bool touches(const Piece& a, const Piece& b, float near) {
  const auto low = static_cast<float>(b.stretches.front().across), high = static_cast<float>(b.stretches.back().across);
  return high > static_cast<float>(a.from) - near && low < static_cast<float>(a.to) + near &&
         static_cast<float>(b.from) - near < static_cast<float>(a.stretches.back().across) &&
         static_cast<float>(b.to) + near > static_cast<float>(a.stretches.front().across);
}

/// Drops the short lines of `some` that touch no long one of `crossing`.
void drop_strokes(std::vector<Piece>& some, const std::vector<Piece>& crossing, int dpi) {
  const float point = static_cast<float>(dpi) / 72;
  const auto is_long = [&](const Piece& piece) {
    return static_cast<float>(piece.to - piece.from) >= kAlonePt * point;
  };
  std::erase_if(some, [&](const Piece& piece) {
    return !is_long(piece) && std::none_of(crossing.begin(), crossing.end(), [&](const Piece& other) {
      return is_long(other) && touches(piece, other, kTouchPt * point);
    });
  });
}

}  // namespace

void straighten(DrawnLines& lines, int width, int height, float degrees) {
  const float c = std::cos(degrees * kRadians), s = std::sin(degrees * kRadians);
  const float middle_x = static_cast<float>(width) / 2, middle_y = static_cast<float>(height) / 2;
  const auto apply = [&](std::vector<DrawnLine>& some, bool rows) {
    for (DrawnLine& line : some) {
      const float along = (line.from + line.to) / 2, half = (line.to - line.from) / 2;
      const float dx = (rows ? along : line.at) - middle_x, dy = (rows ? line.at : along) - middle_y;
      const float x = middle_x + c * dx + s * dy, y = middle_y - s * dx + c * dy;
      line = {rows ? y : x, (rows ? x : y) - half, (rows ? x : y) + half};
    }
  };
  apply(lines.horizontal, true);
  apply(lines.vertical, false);
}

DrawnLines take_drawn_lines(GrayImage& image, int dpi) {
  DrawnLines found;
  if (image.pixels.empty()) return found;
  const InkLevels levels(image);
  std::vector<Piece> across = Finder(image, levels, dpi, true).find();
  std::vector<Piece> down = Finder(image, levels, dpi, false).find();
  drop_strokes(across, down, dpi);
  drop_strokes(down, across, dpi);
  if (across.empty() && down.empty()) return found;
  for (const Piece& piece : across) found.horizontal.push_back(line_of(piece));
  for (const Piece& piece : down) found.vertical.push_back(line_of(piece));
  std::vector<std::uint8_t> lines(image.pixels.size());
  mark(across, true, static_cast<std::size_t>(image.width), lines);
  mark(down, false, static_cast<std::size_t>(image.width), lines);
  Painter rows(true, levels, lines, dpi, image), columns(false, levels, lines, dpi, image);
  for (const Piece& piece : across) rows.paint(piece);
  for (const Piece& piece : down) columns.paint(piece);
  return found;
}

}  // namespace millpond::extract
