#pragma once
#include <string_view>
#include <vector>

#include "extract/markup/rst_inline.h"
#include "extract/markup/source_lines.h"
#include "millpond/extract/render.h"

namespace millpond::extract {

bool is_rst_grid(std::string_view line);    ///< "+----+---+"
bool is_rst_simple(std::string_view line);  ///< "==== ==="

/// Reads the grid or simple table that begins at line `begin`. Returns the line behind it; `begin` if it is no table.
std::size_t read_rst_table(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end,
                           const RstInline& marks, TableGrid& grid);

}  // namespace millpond::extract
