#pragma once
// Finds the columns of a page, so that text is read column by column.

#include <cstdint>
#include <vector>

#include "extract/pdf/glyphs.h"

namespace millpond::extract::pdf {

/// Runs (by index) that are read line by line from top to bottom, before those of the next region.
using Region = std::vector<std::uint32_t>;

/// Splits the upright runs of a page into regions, in reading order. A gutter counts as one between columns only if
/// the text on both sides fills its width over several lines; the cells of a table stay in one region.
std::vector<Region> reading_order(const Page& page);

}  // namespace millpond::extract::pdf
