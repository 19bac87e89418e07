#include "extract/pdf/cell_columns.h"

#include <algorithm>
#include <cmath>

namespace millpond::extract::pdf {
namespace {

constexpr float kGutterEm = 0.8f;
constexpr float kCleanShare = 0.6f;  // of the cells with text that a gutter must not cross
constexpr int kLinesMin = 2;         // with text on both sides of a gutter

bool same_line(const Run& a, const Run& b) {
  return std::abs(a.baseline - b.baseline) <= 0.5f * std::max(a.size, b.size);
}

/// Whether two texts of the cell stand side by side.
bool has_pair(const GridCell& cell) {
  for (std::size_t i = 0; i < cell.runs.size(); ++i) {
    for (std::size_t k = i + 1; k < std::min(cell.runs.size(), i + 16); ++k) {
      if (same_line(*cell.runs[i], *cell.runs[k])) return true;
    }
  }
  return false;
}

/// One part of a cell: the runs whose middle lies between x0 and x1.
GridCell part_of(const GridCell& cell, int column, float x0, float x1) {
  GridCell part = cell;
  part.column = column;
  part.columns = 1;
  part.box.x0 = x0, part.box.x1 = x1;
  part.runs.clear();
  for (const Run* run : cell.runs) {
    const float middle = (run->box.x0 + run->box.x1) / 2;
    if (middle >= x0 && middle < x1) part.runs.push_back(run);
  }
  return part;
}

bool crosses(const GridCell& cell, float x) {
  return std::any_of(cell.runs.begin(), cell.runs.end(),
                     [x](const Run* run) { return run->box.x0 < x - 1 && run->box.x1 > x + 1; });
}

/// Middles of the clear spaces between the texts of a column of cells.
std::vector<float> gutters_of(const std::vector<const GridCell*>& cells) {
  std::vector<std::pair<float, float>> spans;
  float size = 0;
  int pairs = 0;
  for (const GridCell* cell : cells) {
    for (const Run* run : cell->runs) {
      const bool paired = std::any_of(cell->runs.begin(), cell->runs.end(),
                                      [run](const Run* other) { return other != run && same_line(*run, *other); });
      if (!paired) continue;
      ++pairs;
      spans.emplace_back(run->box.x0, run->box.x1);
      size = std::max(size, run->size);
    }
  }
  if (pairs < 2 * kLinesMin) return {};
  std::sort(spans.begin(), spans.end());
  std::vector<float> gutters;
  float end = spans.front().second;
  for (const auto& [from, to] : spans) {
    if (from - end > kGutterEm * size) gutters.push_back((from + end) / 2);
    end = std::max(end, to);
  }
  return gutters;
}

bool clean(const std::vector<const GridCell*>& cells, float x) {
  int with_text = 0, crossed = 0;
  for (const GridCell* cell : cells) {
    with_text += !cell->runs.empty();
    crossed += crosses(*cell, x);
  }
  return static_cast<float>(with_text - crossed) >= kCleanShare * static_cast<float>(with_text);
}

}  // namespace

void divide_open_cells(std::vector<GridCell>& cells, const std::vector<float>& edges) {
  std::vector<GridCell> divided;
  for (GridCell& cell : cells) {
    const auto first = static_cast<std::size_t>(cell.column), last = first + static_cast<std::size_t>(cell.columns);
    bool open = cell.columns > 1 && cell.runs.size() >= 2 && has_pair(cell);
    for (std::size_t edge = first + 1; open && edge < last; ++edge) open = !crosses(cell, edges[edge]);
    if (!open) {
      divided.push_back(std::move(cell));
      continue;
    }
    for (std::size_t c = first; c < last; ++c) {
      divided.push_back(part_of(cell, static_cast<int>(c), edges[c], edges[c + 1]));
    }
  }
  cells = std::move(divided);
}

void divide_columns(std::vector<GridCell>& cells, int columns) {
  std::vector<std::vector<float>> gutters(static_cast<std::size_t>(columns));
  std::vector<int> first(static_cast<std::size_t>(columns) + 1);
  for (int c = 0; c < columns; ++c) {
    std::vector<const GridCell*> here;
    for (const GridCell& cell : cells) {
      if (cell.column == c && cell.columns == 1) here.push_back(&cell);
    }
    auto& found = gutters[static_cast<std::size_t>(c)];
    found = gutters_of(here);
    found.erase(std::remove_if(found.begin(), found.end(), [&](float x) { return !clean(here, x); }), found.end());
    first[static_cast<std::size_t>(c) + 1] = first[static_cast<std::size_t>(c)] + 1 + static_cast<int>(found.size());
  }
  if (first.back() == columns) return;
  std::vector<GridCell> divided;
  for (GridCell& cell : cells) {
    const auto c = static_cast<std::size_t>(cell.column), end = c + static_cast<std::size_t>(cell.columns);
    const std::vector<float>& at = gutters[c];
    const bool whole = cell.columns > 1 || std::any_of(at.begin(), at.end(), [&](float x) { return crosses(cell, x); });
    if (whole) {
      cell.column = first[c];
      cell.columns = first[end] - first[c];
      divided.push_back(std::move(cell));
      continue;
    }
    for (std::size_t part = 0; part <= at.size(); ++part) {
      divided.push_back(part_of(cell, first[c] + static_cast<int>(part), part == 0 ? -1e6f : at[part - 1],
                                part == at.size() ? 1e6f : at[part]));
    }
  }
  cells = std::move(divided);
}

}  // namespace millpond::extract::pdf
