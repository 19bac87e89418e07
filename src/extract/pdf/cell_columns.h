#pragma once
// Columns of a ruled table that no line divides.

#include <vector>

#include "extract/pdf/cell_rows.h"

namespace millpond::extract::pdf {

/// Divides cells that lines leave open to the right, where their texts keep to the columns at `edges` (those of the
/// grid, from left to right).
void divide_open_cells(std::vector<GridCell>& cells, const std::vector<float>& edges);

/// Divides columns whose texts stand in several columns with clear space between them.
void divide_columns(std::vector<GridCell>& cells, int columns);

}  // namespace millpond::extract::pdf
