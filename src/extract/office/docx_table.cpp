#include "extract/office/docx_table.h"

#include <algorithm>
#include <map>

#include "extract/text/clean.h"

namespace millpond::extract {

namespace {
constexpr int kSpanMax = 1000;
}

void DocxTable::begin_row(bool header, int skipped_columns) {
  ++rows_;
  header_ = header;
  column_ = std::clamp(skipped_columns, 0, kSpanMax);
}

void DocxTable::begin_cell(int columns, Merge merge) {
  if (rows_ == 0) begin_row(false, 0);
  columns = std::clamp(columns, 1, kSpanMax);
  cells_.push_back({rows_ - 1, column_, columns, 1, header_, merge, {}});
  column_ += columns;
  in_cell_ = true;
}

// A continued cell lengthens the one above it in the same column and vanishes.
void DocxTable::resolve_merges() {
  std::map<int, std::size_t> above;  // column → index of the cell that may be continued
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    if (cell.merge != Merge::kContinue) {
      above[cell.column] = i;
      continue;
    }
    const auto start = above.find(cell.column);
    if (start == above.end() || cells_[start->second].merge != Merge::kStart ||
        cells_[start->second].row + std::size_t(cells_[start->second].rows) != cell.row) {
      cell.merge = Merge::kNone;  // nothing to continue
      above[cell.column] = i;
      continue;
    }
    ++cells_[start->second].rows;
    if (!cell.text.empty()) cells_[start->second].text += "\n" + cell.text;
  }
}

Element DocxTable::finish() {
  resolve_merges();
  Element element;
  element.kind = ElementKind::kTable;
  std::size_t row = std::size_t(-1);
  bool first = true;
  for (Cell& cell : cells_) {
    if (cell.row != row) {
      if (row != std::size_t(-1)) element.html += "</tr>", element.text += '\n';
      element.html += "<tr>";
      row = cell.row;
      first = true;
    }
    if (cell.merge == Merge::kContinue) continue;
    std::replace(cell.text.begin(), cell.text.end(), '\n', ' ');
    std::replace(cell.text.begin(), cell.text.end(), '\t', ' ');
    trim(cell.text);
    normalize(cell.text);
    const std::string_view tag = cell.header ? "th" : "td";
    element.html.append("<").append(tag);
    if (cell.rows > 1) element.html.append(" rowspan=\"").append(std::to_string(cell.rows)).append("\"");
    if (cell.columns > 1) element.html.append(" colspan=\"").append(std::to_string(cell.columns)).append("\"");
    element.html += '>';
    append_escaped(element.html, cell.text);
    element.html.append("</").append(tag).append(">");
    if (!first) element.text += '\t';
    element.text += cell.text;
    first = false;
  }
  if (!cells_.empty()) element.html += "</tr>";
  element.html.insert(0, "<table>").append("</table>");
  while (!element.text.empty() && element.text.back() == '\n') element.text.pop_back();
  if (element.text.find_first_not_of("\t\n ") == std::string::npos) element.text.clear();
  return element;
}

}  // namespace millpond::extract
