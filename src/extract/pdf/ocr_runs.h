#pragma once
// Words that OCR read become runs, as if they stood in the file as text.

#include <vector>

#include "extract/ocr/drawn_lines.h"
#include "extract/ocr/ocr.h"
#include "extract/pdf/glyphs.h"

namespace millpond::extract::pdf {

/// Gives a page the lines of a picture of it as its rulings. Units: `scale` pixels are a point.
void add_rulings(const DrawnLines& lines, float scale, Page& page);
/// Gives a page a run for each line of what OCR read on a picture of it; a wide gap and a ruling end a run. Type size
/// and baseline are estimated from which letters a word has. Units: as `add_rulings`.
void add_words(const std::vector<OcrWord>& words, float scale, Page& page);

}  // namespace millpond::extract::pdf
