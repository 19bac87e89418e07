#include "extract/pdf/row_table.h"

#include <algorithm>
#include <map>

#include "extract/pdf/characters.h"

namespace millpond::extract::pdf {
namespace {

constexpr std::size_t kRowsMin = 3;
constexpr float kAgreeShare = 0.6f;
constexpr std::size_t kCellBytesMax = 120;  // longer ones are columns of text, not cells

struct Span {
  float from, to;
};

std::string_view text_of(const Line& line, std::size_t cell) {
  const std::size_t end = cell + 1 < line.cells.size() ? line.cells[cell + 1].begin : line.text.size();
  std::string_view text = std::string_view(line.text).substr(line.cells[cell].begin, end - line.cells[cell].begin);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// The number of cells that most rows have; 0 if no number has a clear majority.
std::size_t usual_cells(const std::vector<const Line*>& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const Line* row : rows) ++counts[row->cells.size()];
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; });
  const bool clear = static_cast<float>(most->second) >= kAgreeShare * static_cast<float>(rows.size());
  return clear && most->first >= 2 ? most->first : 0;
}

/// Columns by the rows with the usual number of cells; empty if their cells do not stand below each other.
std::vector<Span> columns_of(const std::vector<const Line*>& rows, std::size_t usual) {
  std::vector<Span> columns;
  for (const Line* row : rows) {
    if (row->cells.size() != usual) continue;
    if (columns.empty()) columns.resize(usual, {1e9f, -1e9f});
    for (std::size_t i = 0; i < usual; ++i) {
      columns[i].from = std::min(columns[i].from, row->cells[i].x0);
      columns[i].to = std::max(columns[i].to, row->cells[i].x1);
    }
  }
  for (std::size_t i = 1; i < columns.size(); ++i) {
    if (columns[i].from <= columns[i - 1].to) return {};
  }
  return columns;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
}

/// A cell and the columns that it reaches over.
struct Placed {
  std::string text;
  std::size_t first, last;
};

std::vector<Placed> place(const Line& row, const std::vector<Span>& columns) {
  std::vector<Placed> placed;
  for (std::size_t c = 0; c < row.cells.size(); ++c) {
    const Cell& cell = row.cells[c];
    std::size_t first = 0;
    while (first + 1 < columns.size() && columns[first].to < cell.x0) ++first;
    std::size_t last = first;
    while (last + 1 < columns.size() && columns[last + 1].from < cell.x1) ++last;
    if (!placed.empty() && first <= placed.back().last) {
      placed.back().text.append(" ").append(text_of(row, c));
      placed.back().last = std::max(placed.back().last, last);
    } else {
      placed.push_back({std::string(text_of(row, c)), first, last});
    }
  }
  return placed;
}

}  // namespace

std::optional<RowTable> align_rows(const std::vector<const Line*>& rows) {
  if (rows.size() < kRowsMin) return std::nullopt;
  const std::size_t usual = usual_cells(rows);
  const std::vector<Span> columns = usual == 0 ? std::vector<Span>{} : columns_of(rows, usual);
  if (columns.empty()) return std::nullopt;
  RowTable table;
  table.html = "<table>";
  for (const Line* row : rows) {
    table.html += "<tr>";
    if (row != rows.front()) table.text += '\n';
    std::size_t next = 0;
    for (Placed& cell : place(*row, columns)) {
      if (cell.text.size() > kCellBytesMax) return std::nullopt;
      normalize(cell.text);
      for (; next < cell.first; ++next) table.html += "<td></td>", table.text += '\t';
      const std::size_t span = cell.last - cell.first + 1;
      table.html += span == 1 ? "<td>" : "<td colspan=\"" + std::to_string(span) + "\">";
      append_escaped(table.html, cell.text);
      table.html += "</td>";
      table.text += cell.text;
      next = cell.last + 1;
      if (next < columns.size()) table.text.append(span, '\t');
      if (next == columns.size()) table.text.append(span - 1, '\t');
    }
    for (; next < columns.size(); ++next) {
      table.html += "<td></td>";
      if (next + 1 < columns.size()) table.text += '\t';
    }
    table.html += "</tr>";
  }
  table.html += "</table>";
  return table;
}

}  // namespace millpond::extract::pdf
