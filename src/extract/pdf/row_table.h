#pragma once
// Tables without ruling lines: rows of cells that stand below each other.

#include <optional>
#include <string>
#include <vector>

#include "extract/pdf/lines.h"

namespace millpond::extract::pdf {

struct RowTable {
  std::string text;  ///< cells by \t, rows by \n; empty cells included
  std::string html;
};

/// Puts the cells of the rows into columns. None if most rows do not agree on the columns.
std::optional<RowTable> align_rows(const std::vector<const Line*>& rows);

}  // namespace millpond::extract::pdf
