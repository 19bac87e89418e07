#pragma once
// Which glyphs of a column are formulas.

#include "extract/pdf/lines.h"

namespace millpond::extract::pdf {

/// Displayed formulas become one line each (`Line::formula`) whose text is TeX; those within a paragraph become TeX
/// between dollar signs. A formula that cannot be read with certainty stays the text that it was.
void read_formulas(const Page& page, Column& column);

}  // namespace millpond::extract::pdf
