#pragma once
// Pictures on a page with text that may hold words of their own: a scanned letter with a stamp, a screenshot, a chart.

#include <string>
#include <vector>

#include "extract/ocr/ocr.h"
#include "extract/pdf/glyphs.h"

namespace millpond::extract::pdf {

/// The pictures of a page that are large enough to read and have little text above them, as they would have if somebody
/// had read them already. Pieces that touch are one. Units: as `Page`.
std::vector<Box> unread_pictures(const Page& page);

/// Whether a picture has a light, even ground and something dark on it, as print has and photographs have not.
bool looks_printed(const GrayImage& image);

/// Leaves out what OCR makes of lines and dots.
void drop_noise(std::vector<OcrWord>& words);

/// Whether most words stand in lines of several, and not here and there as the labels of a chart.
bool is_running_text(const std::vector<OcrWord>& words);

/// Words of a line with spaces between them, a line break between lines.
std::string joined(const std::vector<OcrWord>& words);

/// Leaves out the words of a region where the page has text already. `scale`: pixels of a point.
void drop_read_already(const Page& page, const Box& region, float scale, std::vector<OcrWord>& words);

void move(Run& run, float right, float down);

}  // namespace millpond::extract::pdf
