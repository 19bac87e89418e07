#pragma once
// The cells of one sheet, and the tables that they make.

#include <map>
#include <string>
#include <vector>

#include "millpond/extract/document.h"
#include "millpond/extract/render.h"

namespace millpond::extract {

/// A rectangle of cells, from 0, both ends included.
struct CellRange {
  int row0 = 0, column0 = 0, row1 = 0, column1 = 0;
};

/// Reads "B2" or "B2:D5"; false if it is neither or lies beyond a sheet's edges.
bool read_range(std::string_view text, CellRange& range);

struct SheetCell {
  int row = 0, column = 0;
  std::string text;
};

/// Appends a table for each block of cells that share sides, a paragraph for a cell alone, in the order in which
/// they begin. A first row that is a single merged cell becomes a paragraph before its table. `cells` are sorted by
/// row, then column, without empty ones; merged ranges hold together.
void append_blocks(std::vector<SheetCell> cells, const std::vector<CellRange>& merged, int page,
                   std::vector<Element>& out);

}  // namespace millpond::extract
