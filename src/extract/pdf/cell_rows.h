#pragma once
// The texts of a table's cells, and rows that no line divides.

#include <vector>

#include "extract/pdf/glyphs.h"
#include "millpond/extract/render.h"

namespace millpond::extract::pdf {

struct GridCell {
  int row = 0, column = 0, rows = 1, columns = 1;
  Box box;
  std::vector<const Run*> runs;
};

/// Makes the table of the cells (by row, then column; `rows` in all). A row whose cells hold one line each for several
/// rows is divided into these; rows and columns without any text go.
TableGrid grid_of(const std::vector<GridCell>& cells, int rows);

}  // namespace millpond::extract::pdf
