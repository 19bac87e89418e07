#include "extract/pdf/cell_rows.h"

#include <algorithm>
#include <cmath>

#include "extract/pdf/characters.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kWordGapEm = 0.1f;

/// A line of text within a cell.
struct CellLine {
  float baseline = 0, size = 0;
  std::string text;
};

std::vector<CellLine> lines_of(const GridCell& cell) {
  std::vector<const Run*> runs = cell.runs;
  std::stable_sort(runs.begin(), runs.end(), [](const Run* a, const Run* b) { return a->baseline < b->baseline; });
  std::vector<CellLine> lines;
  for (std::size_t begin = 0; begin < runs.size();) {
    std::size_t end = begin;
    float size = 0;
    while (end < runs.size() && runs[end]->baseline - runs[begin]->baseline <= 0.5f * std::max(size, runs[end]->size)) {
      size = std::max(size, runs[end++]->size);
    }
    std::sort(runs.begin() + static_cast<std::ptrdiff_t>(begin), runs.begin() + static_cast<std::ptrdiff_t>(end),
              [](const Run* a, const Run* b) { return a->box.x0 < b->box.x0; });
    CellLine line{runs[begin]->baseline, size, {}};
    for (std::size_t i = begin; i < end; ++i) {
      if (i > begin && runs[i]->box.x0 - runs[i - 1]->box.x1 > kWordGapEm * size) line.text += ' ';
      line.text += runs[i]->text;
    }
    lines.push_back(std::move(line));
    begin = end;
  }
  return lines;
}

bool is_number(std::string_view text) {
  int digits = 0, letters = 0;
  for (const char c : text) {
    digits += c >= '0' && c <= '9';
    letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<signed char>(c) < 0;
  }
  return (digits > 0 && letters <= 2) || text == "-" || text == ":" || text == "–" || text == ".";
}

/// The baselines of the rows that a ruled row holds; one or none if it is a single row.
std::vector<float> rows_within(const std::vector<const std::vector<CellLine>*>& cells) {
  std::vector<const CellLine*> all;
  std::size_t with_text = 0, numbers = 0;
  for (const auto* cell : cells) {
    with_text += !cell->empty();
    for (const CellLine& line : *cell) {
      all.push_back(&line);
      numbers += is_number(line.text);
    }
  }
  if (with_text < 2 || all.size() < 4) return {};
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->baseline < b->baseline; });
  std::vector<float> rows;
  std::vector<std::size_t> filled;
  for (const CellLine* line : all) {
    if (rows.empty() || line->baseline - rows.back() > 0.5f * line->size) {
      rows.push_back(line->baseline);
      filled.push_back(0);
    }
    ++filled.back();
  }
  // Wrapped texts of one row fill their cells unevenly; rows have a text in almost every column.
  const std::size_t slots = rows.size() * with_text;
  const bool figures = 2 * numbers >= all.size() || (3 * numbers >= all.size() && with_text == 2);
  const auto lonely = static_cast<std::size_t>(std::count(filled.begin(), filled.end(), std::size_t{1}));
  if (rows.size() < 2 || 10 * all.size() < 7 * slots || 4 * lonely > rows.size()) return {};
  return figures || rows.size() >= 5 ? rows : std::vector<float>();
}

struct Filled {
  const GridCell* cell;
  std::vector<CellLine> lines;
};

void append_line(std::string& text, const CellLine& line) {
  if (!text.empty()) {
    const bool broken = text.ends_with('-') && text.size() > 1 && is_lower(first_code(line.text)) &&
                        is_letter(last_code(std::string_view(text).substr(0, text.size() - 1)));
    if (broken) {
      text.pop_back();
    } else {
      text += ' ';
    }
  }
  text += line.text;
}

/// Drops rows and columns in which no cell begins that has text.
void drop_empty(TableGrid& grid) {
  std::vector<int> row_used(static_cast<std::size_t>(grid.rows)), column_used(static_cast<std::size_t>(grid.columns));
  for (const TableCell& cell : grid.cells) {
    if (cell.text.empty()) continue;
    row_used[static_cast<std::size_t>(cell.row)] = column_used[static_cast<std::size_t>(cell.column)] = 1;
  }
  const auto before = [](const std::vector<int>& used, int at) {
    return static_cast<int>(std::count(used.begin(), used.begin() + at, 1));
  };
  std::vector<TableCell> kept;
  for (TableCell& cell : grid.cells) {
    const int row = before(row_used, cell.row), column = before(column_used, cell.column);
    cell.rows = before(row_used, std::min(grid.rows, cell.row + cell.rows)) - row;
    cell.columns = before(column_used, std::min(grid.columns, cell.column + cell.columns)) - column;
    cell.row = row, cell.column = column;
    if (cell.rows > 0 && cell.columns > 0) kept.push_back(std::move(cell));
  }
  grid.rows = before(row_used, grid.rows);
  grid.columns = before(column_used, grid.columns);
  grid.cells = std::move(kept);
}

}  // namespace

TableGrid grid_of(const std::vector<GridCell>& cells, int rows) {
  std::vector<Filled> filled;
  for (const GridCell& cell : cells) filled.push_back({&cell, lines_of(cell)});
  // How many rows each ruled row becomes, and at which heights.
  std::vector<std::vector<float>> within(static_cast<std::size_t>(rows));
  for (int r = 0; r < rows; ++r) {
    std::vector<const std::vector<CellLine>*> here;
    for (const Filled& each : filled) {
      if (each.cell->row == r && each.cell->rows == 1) here.push_back(&each.lines);
    }
    within[static_cast<std::size_t>(r)] = rows_within(here);
  }
  std::vector<int> first(static_cast<std::size_t>(rows) + 1);
  for (std::size_t r = 0; r < within.size(); ++r) {
    first[r + 1] = first[r] + std::max(1, static_cast<int>(within[r].size()));
  }
  TableGrid grid;
  grid.rows = first.back();
  for (const Filled& each : filled) {
    const auto r = static_cast<std::size_t>(each.cell->row);
    const auto end = r + static_cast<std::size_t>(each.cell->rows);
    TableCell cell;
    cell.row = first[r], cell.column = each.cell->column;
    cell.rows = first[end] - first[r], cell.columns = each.cell->columns;
    grid.columns = std::max(grid.columns, cell.column + cell.columns);
    const std::vector<float>& heights = within[r];
    if (each.cell->rows == 1 && heights.size() >= 2) {
      for (std::size_t part = 0; part < heights.size(); ++part) {
        TableCell one = cell;
        one.row += static_cast<int>(part);
        one.rows = 1;
        for (const CellLine& line : each.lines) {
          const auto nearest = std::min_element(heights.begin(), heights.end(),
                                                [&](float a, float b) {
                                                  return std::abs(a - line.baseline) < std::abs(b - line.baseline);
                                                }) -
                               heights.begin();
          if (nearest == static_cast<std::ptrdiff_t>(part)) append_line(one.text, line);
        }
        normalize(one.text);
        grid.cells.push_back(std::move(one));
      }
      continue;
    }
    for (const CellLine& line : each.lines) append_line(cell.text, line);
    normalize(cell.text);
    grid.cells.push_back(std::move(cell));
  }
  drop_empty(grid);
  std::sort(grid.cells.begin(), grid.cells.end(),
            [](const auto& a, const auto& b) { return a.row != b.row ? a.row < b.row : a.column < b.column; });
  return grid;
}

}  // namespace millpond::extract::pdf
