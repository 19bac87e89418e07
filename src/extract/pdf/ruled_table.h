#pragma once
// Tables that lines rule: cells are where lines enclose them, rows also where the texts of all columns break together.

#include <vector>

#include "extract/pdf/glyphs.h"
#include "millpond/extract/render.h"

namespace millpond::extract::pdf {

struct RuledTable {
  Box box;
  TableGrid grid;
};

/// Takes the runs inside ruled tables out of the page; a run with `table` set stands in their place.
std::vector<RuledTable> take_ruled_tables(Page& page);

}  // namespace millpond::extract::pdf
