#include "extract/markup/rst_table.h"

#include <algorithm>
#include <set>

#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kColumnsMax = 300;

/// A line cut at columns: a code point a column, one more for what is wide.
std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t next = i + 1;
    while (next < line.size() && (line[next] & 0xC0) == 0x80) ++next;
    cells.push_back(line.substr(i, next - i));
    i = next;
  }
  return cells;
}

std::string slice(const std::vector<std::string_view>& line, std::size_t begin, std::size_t end) {
  std::string out;
  for (std::size_t i = begin; i < std::min(end, line.size()); ++i) out += line[i];
  return out;
}

class GridTable {
 public:
  GridTable(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end) : begin_(begin), end_(begin) {
    while (end_ < end && (lines[end_].text.starts_with('+') || lines[end_].text.starts_with('|')) &&
           lines[end_].indent == lines[begin].indent) {
      rows_.push_back(columns_of(lines[end_++].text));
    }
  }

  std::size_t read(const RstInline& marks, TableGrid& grid) {
    std::set<std::size_t> edges;
    std::vector<std::size_t> rules;
    std::size_t head = 0;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const std::size_t before = edges.size();
      bool rule = false;  // a part of a rule is enough: cells above it may go on
      for (std::size_t c = 0; c < rows_[r].size(); ++c) {
        if (at(r, c) != '+' || (!is_dash(at(r, c + 1)) && (c == 0 || !is_dash(at(r, c - 1))))) continue;
        edges.insert(c);
        rule = true;
      }
      if (before > kColumnsMax) return begin_;
      if (rule) rules.push_back(r);
      if (rule && rows_[r].size() > 1 && at(r, 1) == '=') head = rules.size() - 1;
    }
    if (rules.size() < 2 || edges.size() < 2 || edges.size() > kColumnsMax) return begin_;
    const std::vector<std::size_t> columns(edges.begin(), edges.end());
    grid.rows = static_cast<int>(rules.size()) - 1;
    grid.columns = static_cast<int>(columns.size()) - 1;
    std::set<std::pair<std::size_t, std::size_t>> taken;
    for (std::size_t r = 0; r + 1 < rules.size(); ++r) {
      for (std::size_t c = 0; c + 1 < columns.size(); ++c) {
        if (taken.contains({r, c})) continue;
        add_cell(rules, columns, r, c, head, marks, taken, grid);
      }
    }
    return end_;
  }

 private:
  char at(std::size_t row, std::size_t column) const {
    return row < rows_.size() && column < rows_[row].size() ? rows_[row][column][0] : ' ';
  }

  static bool is_dash(char c) { return c == '-' || c == '='; }

  bool is_rule(std::size_t row, std::size_t begin, std::size_t end) const {
    for (std::size_t c = begin + 1; c < end; ++c) {
      if (const char here = at(row, c); here != '-' && here != '=' && here != '+') return false;
    }
    return true;
  }

  void add_cell(const std::vector<std::size_t>& rules, const std::vector<std::size_t>& columns, std::size_t r,
                std::size_t c, std::size_t head, const RstInline& marks,
                std::set<std::pair<std::size_t, std::size_t>>& taken, TableGrid& grid) {
    const auto has_edge = [&](std::size_t column) {  // between this rule and the next
      const char mark = at(rules[r] + 1, columns[column]);
      return mark == '|' || mark == '+';
    };
    std::size_t c1 = c + 1;
    while (c1 + 1 < columns.size() && !has_edge(c1)) ++c1;
    std::size_t r1 = r + 1;
    while (r1 + 1 < rules.size() && !is_rule(rules[r1], columns[c], columns[c1])) ++r1;
    std::string text;
    for (std::size_t line = rules[r] + 1; line < rules[r1]; ++line) {
      text += slice(rows_[line], columns[c] + 1, columns[c1]) + " ";
    }
    for (std::size_t i = r; i < r1; ++i) {
      for (std::size_t k = c; k < c1; ++k) taken.insert({i, k});
    }
    grid.cells.push_back({marks.text(clean(text)), int(r), int(c), int(r1 - r), int(c1 - c), r < head});
  }

  const std::size_t begin_;
  std::size_t end_;
  std::vector<std::vector<std::string_view>> rows_;
};

std::size_t read_simple(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end,
                        const RstInline& marks, TableGrid& grid) {
  std::vector<std::size_t> starts;
  const std::string_view rule = lines[begin].text;
  for (std::size_t i = 0; i < rule.size(); ++i) {
    if (rule[i] == '=' && (i == 0 || rule[i - 1] == ' ')) starts.push_back(i);
  }
  if (starts.size() > kColumnsMax) return begin;
  std::vector<std::size_t> rules{begin};
  std::size_t stop = begin + 1;
  for (; stop < end && rules.size() < 3; ++stop) {
    if (!is_rst_simple(lines[stop].text)) continue;
    rules.push_back(stop);
    if (stop + 1 >= end || lines[stop + 1].blank()) break;
  }
  if (rules.size() < 2) return begin;
  const bool headed = rules.size() == 3;
  std::vector<std::vector<std::string>> rows;
  std::size_t head_rows = 0;
  for (std::size_t i = begin + 1; i < rules.back(); ++i) {
    if (i == rules[1] && headed) head_rows = rows.size();
    if (lines[i].blank() || is_rst_simple(lines[i].text) || repeated(lines[i].text.substr(0, 2), 2) == '-') continue;
    std::string whole(lines[i].whole.substr(std::min(lines[i].whole.size(), lines[begin].whole.size() - rule.size())));
    const std::vector<std::string_view> cells = columns_of(whole);
    std::vector<std::string> row;
    for (std::size_t c = 0; c < starts.size(); ++c) {
      row.push_back(clean(slice(cells, starts[c], c + 1 < starts.size() ? starts[c + 1] : cells.size())));
    }
    if (row[0].empty() && !rows.empty()) {  // goes on with the row above
      for (std::size_t c = 0; c < row.size(); ++c) {
        if (!row[c].empty()) (rows.back()[c] += rows.back()[c].empty() ? "" : " ") += row[c];
      }
    } else {
      rows.push_back(std::move(row));
    }
  }
  for (std::vector<std::string>& row : rows) {
    int column = 0;
    for (const std::string& cell : row) {
      grid.cells.push_back({marks.text(cell), grid.rows, column++, 1, 1, std::size_t(grid.rows) < head_rows});
    }
    ++grid.rows;
  }
  grid.columns = static_cast<int>(starts.size());
  return rules.back() + 1;
}

}  // namespace

bool is_rst_grid(std::string_view line) {
  return line.size() > 4 && line.starts_with("+-") && line.ends_with('+') && line.find_first_not_of("+-=") == line.npos;
}

bool is_rst_simple(std::string_view line) {
  return line.starts_with("==") && line.find(" =") != line.npos && line.find_first_not_of("= ") == line.npos;
}

std::size_t read_rst_table(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end,
                           const RstInline& marks, TableGrid& grid) {
  if (is_rst_grid(lines[begin].text)) return GridTable(lines, begin, end).read(marks, grid);
  return read_simple(lines, begin, end, marks, grid);
}

}  // namespace millpond::extract
