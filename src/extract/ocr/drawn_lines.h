#pragma once
// Straight lines in pictures of pages: what rules tables there.

#include <vector>

#include "extract/ocr/ocr.h"

namespace millpond::extract {

/// A horizontal line at y = `at` from x = `from` to `to`, or a vertical one with x and y exchanged. Units: pixels.
struct DrawnLine {
  float at = 0, from = 0, to = 0;
};

struct DrawnLines {
  std::vector<DrawnLine> horizontal, vertical;
  bool empty() const { return horizontal.empty() && vertical.empty(); }
};

/// Finds lines that are thin, long and stand clear of letters, and paints them in the colour of the paper, so that OCR
/// does not take them for letters. Lines may fall or rise by up to two degrees.
DrawnLines take_drawn_lines(GrayImage& image, int dpi);

/// Moves lines to where they are once the page, which falls by so many degrees (clockwise), is turned straight about
/// its middle. Units: pixels.
void straighten(DrawnLines& lines, int width, int height, float degrees);

}  // namespace millpond::extract
