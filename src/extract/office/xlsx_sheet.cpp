#include "extract/office/xlsx_sheet.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace millpond::extract {
namespace {

constexpr int kRowsMax = 1'048'576, kColumnsMax = 16'384;
constexpr std::int64_t kMergedSlotsMax = 200'000;  // remembered one by one; larger ranges are cut to their first cell

std::int64_t key(int row, int column) { return std::int64_t{row} * (kColumnsMax + 2) + column; }

bool read_cell(std::string_view& text, int& row, int& column) {
  std::int64_t letters = 0, digits = 0;
  std::size_t at = 0;
  while (at < text.size() && text[at] == '$') ++at;
  const std::size_t begin = at;
  while (at < text.size() && text[at] >= 'A' && text[at] <= 'Z' && at - begin < 4) {
    letters = letters * 26 + (text[at++] - 'A' + 1);
  }
  while (at < text.size() && text[at] == '$') ++at;
  const std::size_t number = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - number < 8) {
    digits = digits * 10 + (text[at++] - '0');
  }
  text.remove_prefix(at);
  if (letters < 1 || letters > kColumnsMax || digits < 1 || digits > kRowsMax) return false;
  row = static_cast<int>(digits) - 1;
  column = static_cast<int>(letters) - 1;
  return true;
}

/// Blocks of cells that share a side.
class Blocks {
 public:
  Blocks(const std::vector<SheetCell>& cells, const std::vector<CellRange>& merged)
      : cells_(cells), parent_(cells.size()) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    for (std::size_t i = 0; i < cells.size(); ++i) places_[key(cells[i].row, cells[i].column)] = i;
    std::int64_t slots = 0;
    for (const CellRange& range : merged) {
      const auto owner = places_.find(key(range.row0, range.column0));
      slots += std::int64_t{range.row1 - range.row0 + 1} * (range.column1 - range.column0 + 1);
      if (owner == places_.end() || slots > kMergedSlotsMax) continue;
      const std::size_t index = owner->second;
      for (int r = range.row0; r <= range.row1; ++r) {
        for (int c = range.column0; c <= range.column1; ++c) places_.try_emplace(key(r, c), index);
      }
      ranges_[index] = range;
    }
    for (const auto& [place, index] : places_) {
      const int row = static_cast<int>(place / (kColumnsMax + 2)), column = static_cast<int>(place % (kColumnsMax + 2));
      for (const auto& [down, right] : {std::pair{0, 1}, std::pair{1, 0}}) {
        const auto other = places_.find(key(row + down, column + right));
        if (other != places_.end()) parent_[root(index)] = root(other->second);
      }
    }
  }

  /// Cells of each block, blocks by their first cell.
  std::vector<std::vector<std::size_t>> all() {
    std::unordered_map<std::size_t, std::size_t> number;
    std::vector<std::vector<std::size_t>> blocks;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const auto [at, fresh] = number.try_emplace(root(i), blocks.size());
      if (fresh) blocks.emplace_back();
      blocks[at->second].push_back(i);
    }
    return blocks;
  }
  CellRange range_of(std::size_t cell) const {
    const auto found = ranges_.find(cell);
    if (found != ranges_.end()) return found->second;
    return {cells_[cell].row, cells_[cell].column, cells_[cell].row, cells_[cell].column};
  }

 private:
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  const std::vector<SheetCell>& cells_;
  std::vector<std::size_t> parent_;
  std::unordered_map<std::int64_t, std::size_t> places_;
  std::unordered_map<std::size_t, CellRange> ranges_;
};

}  // namespace

bool read_range(std::string_view text, CellRange& range) {
  if (!read_cell(text, range.row0, range.column0)) return false;
  range.row1 = range.row0, range.column1 = range.column0;
  if (text.empty()) return true;
  if (text[0] != ':') return false;
  text.remove_prefix(1);
  return read_cell(text, range.row1, range.column1) && text.empty() && range.row1 >= range.row0 &&
         range.column1 >= range.column0;
}

void append_blocks(std::vector<SheetCell> cells, const std::vector<CellRange>& merged, int page,
                   std::vector<Element>& out) {
  Blocks blocks(cells, merged);
  for (const std::vector<std::size_t>& block : blocks.all()) {
    Element element;
    element.page = page;
    if (block.size() == 1) {
      element.text = std::move(cells[block[0]].text);
      out.push_back(std::move(element));
      continue;
    }
    CellRange all = blocks.range_of(block[0]);
    for (const std::size_t i : block) {
      const CellRange range = blocks.range_of(i);
      all = {std::min(all.row0, range.row0), std::min(all.column0, range.column0), std::max(all.row1, range.row1),
             std::max(all.column1, range.column1)};
    }
    // A first row that is one merged cell is the table's name.
    std::vector<std::size_t> rest = block;
    const CellRange top = blocks.range_of(block[0]);
    const bool alone = block.size() > 2 && top.row0 == all.row0 && top.row1 == all.row0 && top.column0 == all.column0 &&
                       top.column1 == all.column1 && all.column1 > all.column0;
    if (alone) {
      Element name;
      name.page = page;
      name.text = std::move(cells[block[0]].text);
      out.push_back(std::move(name));
      rest.erase(rest.begin());
      ++all.row0;
    }
    TableGrid grid;
    grid.rows = all.row1 - all.row0 + 1;
    grid.columns = all.column1 - all.column0 + 1;
    // Empty cells are written too, so that columns stay below each other; wide and sparse blocks would explode.
    const bool dense = std::int64_t{grid.rows} * grid.columns <= 20 * static_cast<std::int64_t>(rest.size()) + 10'000;
    std::unordered_map<std::int64_t, char> taken;
    for (const std::size_t i : rest) {
      const CellRange range = blocks.range_of(i);
      grid.cells.push_back({std::move(cells[i].text), range.row0 - all.row0, range.column0 - all.column0,
                            range.row1 - range.row0 + 1, range.column1 - range.column0 + 1, false});
      for (int r = range.row0; dense && r <= range.row1; ++r) {
        for (int c = range.column0; c <= range.column1; ++c) taken[key(r - all.row0, c - all.column0)] = 1;
      }
    }
    for (int r = 0; dense && r < grid.rows; ++r) {
      for (int c = 0; c < grid.columns; ++c) {
        if (!taken.contains(key(r, c))) grid.cells.push_back({"", r, c, 1, 1, false});
      }
    }
    std::sort(grid.cells.begin(), grid.cells.end(),
              [](const auto& a, const auto& b) { return a.row != b.row ? a.row < b.row : a.column < b.column; });
    element.kind = ElementKind::kTable;
    if (!dense) {  // without its empty cells, which are far too many
      for (std::size_t i = 0; i < grid.cells.size(); ++i) {
        if (i > 0) element.text += grid.cells[i].row == grid.cells[i - 1].row ? '\t' : '\n';
        element.text += grid.cells[i].text;
      }
      out.push_back(std::move(element));
      continue;
    }
    element.text = table_text(grid);
    element.html = table_html(grid);
    out.push_back(std::move(element));
  }
}

}  // namespace millpond::extract
