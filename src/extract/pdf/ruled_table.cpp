#include "extract/pdf/ruled_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "extract/pdf/cell_columns.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kTouchPt = 4.0f;
constexpr float kSameLinePt = 4.0f;
constexpr float kCoverShare = 0.6f;         // of a slot's side that a line must cover to divide it from the next
constexpr std::size_t kLinesMax = 3'000;    // of a page
constexpr std::size_t kSlotsMax = 100'000;  // of a grid

/// Lines that touch each other, directly or over others.
struct Component {
  std::vector<Ruling> horizontal, vertical;
};

class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }
  std::size_t of(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[of(a)] = of(b); }

 private:
  std::vector<std::size_t> parent_;
};

std::vector<Component> components_of(const Rulings& rulings) {
  const auto &across = rulings.horizontal, &down = rulings.vertical;
  if (across.size() + down.size() > kLinesMax) return {};
  Groups groups(across.size() + down.size());
  for (std::size_t h = 0; h < across.size(); ++h) {
    for (std::size_t v = 0; v < down.size(); ++v) {
      const bool touch = down[v].at >= across[h].from - kTouchPt && down[v].at <= across[h].to + kTouchPt &&
                         across[h].at >= down[v].from - kTouchPt && across[h].at <= down[v].to + kTouchPt;
      if (touch) groups.join(h, across.size() + v);
    }
  }
  std::map<std::size_t, Component> found;
  for (std::size_t h = 0; h < across.size(); ++h) found[groups.of(h)].horizontal.push_back(across[h]);
  for (std::size_t v = 0; v < down.size(); ++v) found[groups.of(across.size() + v)].vertical.push_back(down[v]);
  std::vector<Component> all;
  for (auto& [group, component] : found) {
    if (component.horizontal.size() >= 2 && !component.vertical.empty()) all.push_back(std::move(component));
  }
  return all;
}

/// The distinct places of lines, and the ends of those that cross them where no line closes the grid.
std::vector<float> edges_of(const std::vector<Ruling>& lines, const std::vector<Ruling>& crossing) {
  std::vector<float> edges;
  for (const Ruling& line : lines) {
    if (edges.empty() || line.at - edges.back() > kSameLinePt) edges.push_back(line.at);
  }
  float low = edges.front(), high = edges.back();
  for (const Ruling& line : crossing) low = std::min(low, line.from), high = std::max(high, line.to);
  if (edges.front() - low > 6) edges.insert(edges.begin(), low);
  if (high - edges.back() > 6) edges.push_back(high);
  return edges;
}

/// Whether a line at `at` covers most of from..to.
bool covered(const std::vector<Ruling>& lines, float at, float from, float to) {
  float sum = 0;
  auto line = std::lower_bound(lines.begin(), lines.end(), at - kSameLinePt,
                               [](const Ruling& l, float place) { return l.at < place; });
  for (; line != lines.end() && line->at <= at + kSameLinePt; ++line) {
    sum += std::max(0.0f, std::min(to, line->to) - std::max(from, line->from));
  }
  return sum >= kCoverShare * (to - from);
}

/// The slots between the lines of a component, joined to cells where no line divides them.
class Grid {
 public:
  explicit Grid(const Component& component)
      : component_(component),
        xs_(edges_of(component.vertical, component.horizontal)),
        ys_(edges_of(component.horizontal, component.vertical)) {}

  std::size_t rows() const { return ys_.size() - 1; }
  std::size_t columns() const { return xs_.size() - 1; }
  bool usable() const { return xs_.size() >= 3 && ys_.size() >= 2 && rows() * columns() <= kSlotsMax; }
  const std::vector<float>& edges() const { return xs_; }
  Box box() const { return {xs_.front(), ys_.front(), xs_.back(), ys_.back()}; }

  void make(std::vector<GridCell>& cells) const {
    std::vector<char> taken(rows() * columns());
    for (std::size_t r = 0; r < rows(); ++r) {
      for (std::size_t c = 0; c < columns(); ++c) {
        if (taken[r * columns() + c]) continue;
        std::size_t right = c, low = r;
        while (right + 1 < columns() && !taken[r * columns() + right + 1] && !divided_right(r, right)) ++right;
        while (low + 1 < rows() && open_below(low, c, right, taken)) ++low;
        for (std::size_t y = r; y <= low; ++y) {
          for (std::size_t x = c; x <= right; ++x) taken[y * columns() + x] = 1;
        }
        GridCell cell;
        cell.row = static_cast<int>(r), cell.column = static_cast<int>(c);
        cell.rows = static_cast<int>(low - r) + 1, cell.columns = static_cast<int>(right - c) + 1;
        cell.box = {xs_[c], ys_[r], xs_[right + 1], ys_[low + 1]};
        cells.push_back(cell);
      }
    }
  }

 private:
  bool divided_right(std::size_t r, std::size_t c) const {
    return covered(component_.vertical, xs_[c + 1], ys_[r], ys_[r + 1]);
  }
  bool divided_below(std::size_t r, std::size_t c) const {
    return covered(component_.horizontal, ys_[r + 1], xs_[c], xs_[c + 1]);
  }
  /// Whether the slots c..right of the row below belong to the same cell.
  bool open_below(std::size_t r, std::size_t c, std::size_t right, const std::vector<char>& taken) const {
    for (std::size_t x = c; x <= right; ++x) {
      if (taken[(r + 1) * columns() + x] || divided_below(r, x)) return false;
      if (x < right && divided_right(r + 1, x)) return false;
    }
    return (c == 0 || divided_right(r + 1, c - 1)) && (right + 1 == columns() || divided_right(r + 1, right));
  }

  const Component& component_;
  std::vector<float> xs_, ys_;
};

/// Gives each run inside the grid to the cell that holds its middle.
void fill(const Page& page, const Box& box, std::vector<GridCell>& cells, std::vector<std::size_t>& inside) {
  for (std::size_t i = 0; i < page.runs.size(); ++i) {
    const Run& run = page.runs[i];
    const float x = (run.box.x0 + run.box.x1) / 2, y = run.baseline - 0.3f * run.size;
    if (!run.upright || run.table >= 0 || x < box.x0 || x > box.x1 || y < box.y0 || y > box.y1) continue;
    for (GridCell& cell : cells) {
      if (x < cell.box.x0 || x > cell.box.x1 || y < cell.box.y0 || y > cell.box.y1) continue;
      cell.runs.push_back(&run);
      inside.push_back(i);
      break;
    }
  }
}

/// Frames around text, the lines of a drawing and of forms have few texts side by side.
bool is_table(const TableGrid& grid) {
  std::map<int, int> by_row, by_column;
  int filled = 0;
  for (const TableCell& cell : grid.cells) {
    if (cell.text.empty()) continue;
    ++filled, ++by_row[cell.row], ++by_column[cell.column];
  }
  if (grid.rows < 2 || by_column.size() < 2 || by_row.size() < 2 || filled < 4) return false;
  const auto paired = std::count_if(by_row.begin(), by_row.end(), [](const auto& row) { return row.second >= 2; });
  return 2 * paired >= static_cast<std::ptrdiff_t>(by_row.size());
}

}  // namespace

std::vector<RuledTable> take_ruled_tables(Page& page) {
  std::vector<RuledTable> tables;
  std::vector<char> taken(page.runs.size());
  std::vector<Run> marks;
  for (const Component& component : components_of(page.rulings)) {
    const Grid grid(component);
    if (!grid.usable()) continue;
    std::vector<GridCell> cells;
    std::vector<std::size_t> inside;
    grid.make(cells);
    fill(page, grid.box(), cells, inside);
    if (inside.empty() || std::any_of(inside.begin(), inside.end(), [&](auto i) { return taken[i] != 0; })) continue;
    divide_open_cells(cells, grid.edges());
    divide_columns(cells, static_cast<int>(grid.columns()));
    RuledTable table{grid.box(), grid_of(cells, static_cast<int>(grid.rows()))};
    if (!is_table(table.grid)) continue;
    for (const std::size_t i : inside) taken[i] = 1;
    Run mark;
    mark.table = static_cast<int>(tables.size());
    mark.box = table.box;
    mark.size = page.runs[inside.front()].size;
    mark.baseline = table.box.y0 + mark.size;
    marks.push_back(std::move(mark));
    tables.push_back(std::move(table));
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < page.runs.size(); ++i) {
    if (taken[i]) continue;
    if (kept != i) page.runs[kept] = std::move(page.runs[i]);
    ++kept;
  }
  page.runs.resize(kept);
  for (Run& mark : marks) page.runs.push_back(std::move(mark));
  return tables;
}

}  // namespace millpond::extract::pdf
