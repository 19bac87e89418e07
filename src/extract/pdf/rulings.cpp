#include "extract/pdf/rulings.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace millpond::extract::pdf {
namespace {

constexpr float kThinPt = 3.0f;      // a rectangle thinner than this is a line
constexpr float kShortPt = 4.0f;     // shorter lines are marks
constexpr float kBarPt = 1.5f;       // a fraction's bar is at least as long, and thinner
constexpr float kSamePt = 1.6f;      // lines closer than this are one
constexpr float kGapPt = 3.0f;       // pieces of a line with smaller gaps are one
constexpr float kSeamPt = 1.5f;      // between two shaded areas that look like one
constexpr int kObjectsMax = 30'000;  // of a page; drawings with more are no tables
constexpr int kSegmentsMax = 4'000;  // of a path
constexpr std::size_t kLinesMax = 20'000;
constexpr int kDepthMax = 4;
constexpr float kMarkMinPt = 1.2f, kMarkMaxPt = 12;
constexpr std::size_t kMarksMax = 200;  // of a page; one with more has a chart
constexpr std::size_t kPicturesMax = 500;

struct Point {
  float x = 0, y = 0;
};

class Reader {
 public:
  Reader(const Pdfium& api, const Turn& turn, bool with_bars, Rulings& out)
      : api_(api), turn_(turn), with_bars_(with_bars), out_(out), ink_(turn.width(), turn.height()) {}

  void object(ObjectHandle* object, const Matrix& outer, int depth) {
    if (!object || ++objects_ > kObjectsMax) return;
    const int type = api_.PageObj_GetType(object);
    if (type != kObjectPath && type != kObjectForm && type != kObjectImage) return;
    Matrix own{1, 0, 0, 1, 0, 0};
    api_.PageObj_GetMatrix(object, &own);
    const Matrix matrix = times(own, outer);
    if (type == kObjectImage) return picture(matrix);
    if (type == kObjectPath) {
      path(object, matrix);
    } else if (depth < kDepthMax) {
      const int count = api_.FormObj_CountObjects(object);
      for (int i = 0; i < count && objects_ <= kObjectsMax; ++i) {
        this->object(api_.FormObj_GetObject(object, static_cast<unsigned long>(i)), matrix, depth + 1);
      }
    }
  }
  /// Adds the edges of shaded areas but those between two of one colour, which nobody sees.
  void finish_shades() {
    const auto add = [](std::vector<Edge>& edges, std::vector<Ruling>& out) {
      std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.line.at < b.line.at; });
      for (std::size_t i = 0; i < edges.size(); ++i) {
        for (std::size_t k = i + 1; k < edges.size() && edges[k].line.at - edges[i].line.at < kSeamPt; ++k) {
          Edge &a = edges[i], &b = edges[k];
          const float shared = std::min(a.line.to, b.line.to) - std::max(a.line.from, b.line.from);
          const float shorter = std::min(a.line.to - a.line.from, b.line.to - b.line.from);
          if (a.far != b.far && a.colour == b.colour && shared > 0.8f * shorter) a.hidden = b.hidden = true;
        }
        if (!edges[i].hidden) out.push_back(edges[i].line);
      }
    };
    add(across_, out_.horizontal);
    add(down_, out_.vertical);
  }
  bool too_many() const { return objects_ > kObjectsMax; }
  std::vector<Drawing> drawings() const { return ink_.drawings(); }

 private:
  void picture(const Matrix& matrix) {
    if (out_.pictures.size() < kPicturesMax) out_.pictures.push_back(picture_box(matrix, turn_));
  }

  void path(ObjectHandle* object, const Matrix& m) {
    int fill = 0, stroke = 0;
    if (!api_.Path_GetDrawMode(object, &fill, &stroke) || (!fill && !stroke)) return;
    const int all = api_.Path_CountSegments(object), count = std::min(all, kSegmentsMax);
    if (count < 2) return;
    unsigned red = 0, green = 0, blue = 0, alpha = 0;
    api_.PageObj_GetFillColor(object, &red, &green, &blue, &alpha);
    colour_ = red << 16 | green << 8 | blue;
    std::vector<Point> points;  // of the sub-path at hand
    bool straight = true;
    const bool invisible = !stroke && colour_ == 0xFFFFFF;
    Box ink{1e9f, 1e9f, -1e9f, -1e9f};
    bool free_form = false;
    const bool rules = all <= kSegmentsMax;  // a longer path is no table's
    for (int i = 0; i < count; ++i) {
      SegmentHandle* segment = api_.Path_GetPathSegment(object, i);
      if (!segment) return;
      const int type = api_.PathSegment_GetType(segment);
      if (type == kSegmentMove) {
        if (rules) finish(points, straight, stroke != 0);
        points.clear();
        straight = true;
      }
      straight = straight && type != kSegmentCurve;
      Point p;
      api_.PathSegment_GetPoint(segment, &p.x, &p.y);
      const float x = m.a * p.x + m.c * p.y + m.e, y = m.b * p.x + m.d * p.y + m.f;
      turn_.apply(x, y, p.x, p.y);
      if (type == kSegmentLine && !points.empty()) {
        free_form = free_form || (std::abs(p.x - points.back().x) > 1 && std::abs(p.y - points.back().y) > 1);
      }
      free_form = free_form || type == kSegmentCurve;
      ink = {std::min(ink.x0, p.x), std::min(ink.y0, p.y), std::max(ink.x1, p.x), std::max(ink.y1, p.y)};
      points.push_back(p);
      if (api_.PathSegment_GetClose(segment)) points.push_back(points.front());
    }
    if (rules) finish(points, straight, stroke != 0);
    if (!invisible) ink_.add(ink, free_form);
    if (!invisible && (fill || free_form)) mark(ink);
  }

  void mark(const Box& ink) {
    const float width = ink.x1 - ink.x0, height = ink.y1 - ink.y0;
    const bool small = height >= kMarkMinPt && height <= kMarkMaxPt && width < 1.4f * height && height < 1.4f * width;
    if (small && out_.marks.size() <= kMarksMax) out_.marks.push_back(ink);
  }

  void finish(const std::vector<Point>& points, bool straight, bool stroke) {
    if (points.size() < 2 || !straight || out_.horizontal.size() + out_.vertical.size() > kLinesMax) return;
    float x0 = points[0].x, x1 = x0, y0 = points[0].y, y1 = y0;
    bool square = true;  // all sides are horizontal or vertical
    for (std::size_t i = 0; i < points.size(); ++i) {
      x0 = std::min(x0, points[i].x), x1 = std::max(x1, points[i].x);
      y0 = std::min(y0, points[i].y), y1 = std::max(y1, points[i].y);
      if (i == 0) continue;
      square = square && (std::abs(points[i].x - points[i - 1].x) < 1 || std::abs(points[i].y - points[i - 1].y) < 1);
    }
    if (!square) return;
    if (y1 - y0 <= kThinPt || x1 - x0 <= kThinPt) return line(x0, y0, x1, y1);
    if (stroke || points.size() > 6) {
      for (std::size_t i = 1; i < points.size(); ++i) {
        const Point &a = points[i - 1], &b = points[i];
        line(std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x), std::max(a.y, b.y));
      }
      return;
    }
    // A shaded cell: its edges rule as well as lines do.
    if (across_.size() > kLinesMax) return;
    across_.push_back({{y0, x0, x1}, colour_, false, false});
    across_.push_back({{y1, x0, x1}, colour_, true, false});
    down_.push_back({{x0, y0, y1}, colour_, false, false});
    down_.push_back({{x1, y0, y1}, colour_, true, false});
  }

  /// One side of a shaded rectangle; `far`: the lower or the right one.
  struct Edge {
    Ruling line;
    unsigned colour;
    bool far, hidden;
  };

  void line(float x0, float y0, float x1, float y1) {
    const float width = x1 - x0, height = y1 - y0;
    if (!(width < 1e5f) || !(height < 1e5f)) return;
    if (with_bars_ && width >= kBarPt && height <= kBarPt && out_.bars.size() < kLinesMax)
      out_.bars.push_back({(y0 + y1) / 2, x0, x1});
    if (width >= kShortPt && height <= kThinPt) out_.horizontal.push_back({(y0 + y1) / 2, x0, x1});
    if (height >= kShortPt && width <= kThinPt) out_.vertical.push_back({(x0 + x1) / 2, y0, y1});
  }

  const Pdfium& api_;
  const Turn& turn_;
  const bool with_bars_;
  Rulings& out_;
  InkMap ink_;
  std::vector<Edge> across_, down_;
  unsigned colour_ = 0;
  int objects_ = 0;
};

}  // namespace

void join_pieces(std::vector<Ruling>& lines) {
  std::sort(lines.begin(), lines.end(), [](const Ruling& a, const Ruling& b) { return a.at < b.at; });
  std::vector<Ruling> joined;
  for (std::size_t begin = 0; begin < lines.size();) {
    std::size_t end = begin;
    float at = lines[begin].at;
    while (end < lines.size() && lines[end].at - at < kSamePt) at = lines[end++].at;
    const float middle = (lines[begin].at + at) / 2;
    std::sort(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.begin() + static_cast<std::ptrdiff_t>(end),
              [](const Ruling& a, const Ruling& b) { return a.from < b.from; });
    for (std::size_t i = begin; i < end; ++i) {
      if (i > begin && lines[i].from <= joined.back().to + kGapPt) {
        joined.back().to = std::max(joined.back().to, lines[i].to);
      } else {
        joined.push_back({middle, lines[i].from, lines[i].to});
      }
    }
    begin = end;
  }
  lines = std::move(joined);
}

Matrix times(const Matrix& m, const Matrix& n) {
  return {m.a * n.a + m.b * n.c, m.a * n.b + m.b * n.d,       m.c * n.a + m.d * n.c,
          m.c * n.b + m.d * n.d, m.e * n.a + m.f * n.c + n.e, m.e * n.b + m.f * n.d + n.f};
}

Box picture_box(const Matrix& m, const Turn& turn) {
  float ax, ay, bx, by;
  turn.apply(m.e + std::min(m.a, 0.0f) + std::min(m.c, 0.0f), m.f + std::min(m.b, 0.0f) + std::min(m.d, 0.0f), ax, ay);
  turn.apply(m.e + std::max(m.a, 0.0f) + std::max(m.c, 0.0f), m.f + std::max(m.b, 0.0f) + std::max(m.d, 0.0f), bx, by);
  return {std::min(ax, bx), std::min(ay, by), std::max(ax, bx), std::max(ay, by)};
}

bool Rulings::parts(float x0, float x1, float y) const {
  constexpr float kTouchPt = 0.5f;
  auto at = std::lower_bound(vertical.begin(), vertical.end(), x0 - kTouchPt,
                             [](const Ruling& line, float x) { return line.at < x; });
  for (; at != vertical.end() && at->at <= x1 + kTouchPt; ++at) {
    if (at->from <= y && y <= at->to) return true;
  }
  return false;
}

Rulings read_rulings(const Pdfium& api, PageHandle* page, const Turn& turn, bool with_bars) {
  Rulings rulings;
  Reader reader(api, turn, with_bars, rulings);
  const int count = api.Page_CountObjects(page);
  for (int i = 0; i < count && !reader.too_many(); ++i) {
    reader.object(api.Page_GetObject(page, i), {1, 0, 0, 1, 0, 0}, 0);
  }
  rulings.drawings = reader.drawings();
  if (reader.too_many()) {
    Rulings only;
    only.drawings = std::move(rulings.drawings);
    return only;
  }
  if (rulings.marks.size() > kMarksMax) rulings.marks.clear();
  reader.finish_shades();
  join_pieces(rulings.horizontal);
  join_pieces(rulings.vertical);
  std::sort(rulings.bars.begin(), rulings.bars.end(), [](const Ruling& a, const Ruling& b) { return a.at < b.at; });
  return rulings;
}

}  // namespace millpond::extract::pdf
