#include "extract/pdf/ink.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace millpond::extract::pdf {
namespace {

constexpr float kCellPt = 4;
constexpr float kReachPt = 2.5f;  // around each path: dashes and dots of a line are one
constexpr float kGridMost = 400;  // cells a side
constexpr float kSideMinPt = 8;
constexpr std::size_t kDrawingsMax = 1'000, kPathsMax = 30'000;
constexpr std::size_t kStraightMin = 6;  // rules and shades of a page; with fewer nothing is drawn

using Cells = std::vector<std::int32_t>;

/// Counts for each cell of a page how many boxes cover it.
class Grid {
 public:
  Grid(float width, float height)
      : cell_(std::max({kCellPt, width / kGridMost, height / kGridMost})),
        columns_(static_cast<int>(width / cell_) + 1),
        rows_(static_cast<int>(height / cell_) + 1) {}

  Cells none() const { return Cells(static_cast<std::size_t>(columns_ + 1) * static_cast<std::size_t>(rows_ + 1), 0); }
  std::size_t at(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_ + 1) + static_cast<std::size_t>(x);
  }
  /// Notes a box by its corners; `sum` makes counts of them. A box costs four additions, however large it is.
  void mark(Cells& cells, const Box& box) const {
    const int x0 = cell(box.x0 - kReachPt, columns_), x1 = cell(box.x1 + kReachPt, columns_) + 1;
    const int y0 = cell(box.y0 - kReachPt, rows_), y1 = cell(box.y1 + kReachPt, rows_) + 1;
    ++cells[at(x0, y0)], --cells[at(x1, y0)], --cells[at(x0, y1)], ++cells[at(x1, y1)];
  }
  void sum(Cells& cells) const {
    for (int y = 0; y <= rows_; ++y) {
      std::int32_t across = 0;
      for (int x = 0; x <= columns_; ++x) {
        across += cells[at(x, y)];
        cells[at(x, y)] = across + (y > 0 ? cells[at(x, y - 1)] : 0);
      }
    }
  }
  int columns() const { return columns_; }
  int rows() const { return rows_; }
  Box box(int x0, int y0, int x1, int y1) const {
    return {static_cast<float>(x0) * cell_ + kReachPt, static_cast<float>(y0) * cell_ + kReachPt,
            static_cast<float>(x1 + 1) * cell_ - kReachPt, static_cast<float>(y1 + 1) * cell_ - kReachPt};
  }

 private:
  int cell(float place, int most) const {
    return std::clamp(static_cast<int>(std::clamp(place / cell_, -1.0f, 2 * kGridMost)), 0, most - 1);
  }

  const float cell_;
  const int columns_, rows_;
};

}  // namespace

void InkMap::add(const Box& box, bool free_form) {
  if (!(width_ > 1 && height_ > 1) || !(box.x1 >= box.x0 && box.y1 >= box.y0)) return;
  if (box.x0 > width_ || box.y0 > height_ || box.x1 < 0 || box.y1 < 0 || paths_.size() >= kPathsMax) return;
  if (box.x1 - box.x0 > 0.9f * width_ && box.y1 - box.y0 > 0.9f * height_) return;  // the ground of the page
  paths_.push_back({box, free_form});
  free_form_ = free_form_ || free_form;
}

std::vector<Drawing> InkMap::drawings() const {
  std::vector<Drawing> out;
  if (paths_.empty() || (!free_form_ && paths_.size() < kStraightMin)) return out;
  const Grid grid(width_, height_);
  Cells ink = grid.none(), free_form = free_form_ ? grid.none() : Cells();
  for (const Drawing& path : paths_) {
    grid.mark(ink, path.box);
    if (path.free_form) grid.mark(free_form, path.box);
  }
  grid.sum(ink);
  if (free_form_) grid.sum(free_form);
  std::vector<std::pair<int, int>> open;
  for (int y = 0; y < grid.rows() && out.size() < kDrawingsMax; ++y) {
    for (int x = 0; x < grid.columns() && out.size() < kDrawingsMax; ++x) {
      if (ink[grid.at(x, y)] == 0) continue;
      int x0 = x, x1 = x, y0 = y, y1 = y;
      bool curved = false;
      ink[grid.at(x, y)] = 0;
      open.assign(1, {x, y});
      while (!open.empty()) {
        const auto [cx, cy] = open.back();
        open.pop_back();
        x0 = std::min(x0, cx), x1 = std::max(x1, cx), y0 = std::min(y0, cy), y1 = std::max(y1, cy);
        curved = curved || (free_form_ && free_form[grid.at(cx, cy)] != 0);
        for (const auto& [dx, dy] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
          const int nx = cx + dx, ny = cy + dy;
          if (nx < 0 || ny < 0 || nx >= grid.columns() || ny >= grid.rows() || ink[grid.at(nx, ny)] == 0) continue;
          ink[grid.at(nx, ny)] = 0;
          open.emplace_back(nx, ny);
        }
      }
      Box box = grid.box(x0, y0, x1, y1);
      box.x1 = std::min(box.x1, width_), box.y1 = std::min(box.y1, height_);
      if (box.x1 - box.x0 >= kSideMinPt && box.y1 - box.y0 >= kSideMinPt) out.push_back({box, curved});
    }
  }
  return out;
}

}  // namespace millpond::extract::pdf
