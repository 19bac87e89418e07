#pragma once
// Running headers, footers and page numbers.

#include <vector>

#include "extract/pdf/lines.h"

namespace millpond::extract::pdf {

/// Sets `furniture` on lines at the top or bottom edge of pages that repeat over pages, digits aside, and on those
/// that stand alone at the same height on most pages.
void mark_furniture(std::vector<PageLines>& pages, float body_size);

}  // namespace millpond::extract::pdf
