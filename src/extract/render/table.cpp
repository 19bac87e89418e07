// Tables between their three forms: cells, HTML, text with tabs.

#include <algorithm>
#include <charconv>
#include <set>

#include "extract/text/clean.h"
#include "millpond/extract/render.h"

namespace millpond::extract {
namespace {

constexpr int kSpanMax = 1000;
constexpr std::int64_t kSlotsMax = 400'000;  // of the grid: spans of hostile tables multiply

int attribute(std::string_view tag, std::string_view name) {
  const std::size_t at = tag.find(name);
  if (at == tag.npos) return 1;
  std::size_t begin = at + name.size();
  while (begin < tag.size() && (tag[begin] < '0' || tag[begin] > '9')) ++begin;
  int value = 1;
  std::from_chars(tag.data() + begin, tag.data() + tag.size(), value);
  return std::clamp(value, 1, kSpanMax);
}

std::string unescaped(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto* found = std::find_if(std::begin(kEntities), std::end(kEntities),
                                     [&](const auto& entity) { return text.substr(i).starts_with(entity.first); });
    out += found == std::end(kEntities) ? text[i] : found->second;
    i += found == std::end(kEntities) ? 1 : found->first.size();
  }
  return out;
}

/// Puts cells into the first free column of their row, as browsers do.
class Placer {
 public:
  explicit Placer(TableGrid& grid) : grid_(grid) {}

  void next_row() {
    ++row_;
    column_ = 0;
    grid_.rows = std::max(grid_.rows, row_ + 1);
  }
  bool add(TableCell cell) {
    if (row_ < 0) next_row();
    while (taken_.contains({row_, column_})) ++column_;
    cell.row = row_;
    cell.column = column_;
    int columns = 1;
    while (columns < cell.columns && !taken_.contains({row_, column_ + columns})) ++columns;
    cell.columns = columns;
    slots_ += std::int64_t{cell.rows} * cell.columns;
    if (slots_ > kSlotsMax) return false;
    // Only what reaches into later rows has to be remembered.
    for (int r = 1; r < cell.rows; ++r) {
      for (int c = 0; c < cell.columns; ++c) taken_.insert({row_ + r, column_ + c});
    }
    column_ += cell.columns;
    grid_.columns = std::max(grid_.columns, column_);
    grid_.cells.push_back(std::move(cell));
    return true;
  }

 private:
  TableGrid& grid_;
  std::set<std::pair<int, int>> taken_;
  std::int64_t slots_ = 0;
  int row_ = -1, column_ = 0;
};

}  // namespace

TableGrid read_table(std::string_view html) {
  TableGrid grid;
  Placer placer(grid);
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == html.npos) break;
    const std::string_view tag = html.substr(at + 1, end - at - 1);
    const bool head = tag.starts_with("th") && !tag.starts_with("thead");
    if (tag == "tr") placer.next_row();
    if (!head && !tag.starts_with("td")) continue;
    const std::size_t close = html.find(head ? "</th>" : "</td>", end);
    if (close == html.npos) break;
    TableCell cell{unescaped(html.substr(end + 1, close - end - 1))};
    cell.rows = attribute(tag, "rowspan=");
    cell.columns = attribute(tag, "colspan=");
    cell.head = head;
    if (!placer.add(std::move(cell))) return {};
    at = close;
  }
  for (TableCell& cell : grid.cells) cell.rows = std::min(cell.rows, grid.rows - cell.row);
  return grid;
}

std::string table_html(const TableGrid& grid) {
  std::string out = "<table>";
  int row = -1;
  for (const TableCell& cell : grid.cells) {
    for (; row < cell.row; ++row) out += row < 0 ? "<tr>" : "</tr><tr>";
    out += cell.head ? "<th" : "<td";
    if (cell.rows > 1) out += " rowspan=\"" + std::to_string(cell.rows) + '"';
    if (cell.columns > 1) out += " colspan=\"" + std::to_string(cell.columns) + '"';
    out += '>';
    append_escaped(out, cell.text);
    out += cell.head ? "</th>" : "</td>";
  }
  for (; row + 1 < grid.rows; ++row) out += row < 0 ? "<tr>" : "</tr><tr>";
  out += grid.rows > 0 ? "</tr></table>" : "</table>";
  return out;
}

std::string table_text(const TableGrid& grid) {
  std::string out;
  int row = 0, column = 0;
  const auto advance = [&](int to_row, int to_column) {
    for (; row < to_row; ++row, column = 0) {
      out.append(static_cast<std::size_t>(std::max(0, grid.columns - 1 - column)), '\t');
      out += '\n';
    }
    out.append(static_cast<std::size_t>(std::max(0, to_column - column)), '\t');
    column = std::max(column, to_column);
  };
  for (const TableCell& cell : grid.cells) {
    advance(cell.row, cell.column);
    for (const char c : cell.text) out += c == '\n' || c == '\t' ? ' ' : c;
  }
  if (grid.rows > 0) advance(grid.rows - 1, grid.columns - 1);
  return out;
}

}  // namespace millpond::extract
