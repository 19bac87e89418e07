#pragma once
// A picture as a person would hold it to read it.

#include <vector>

#include "extract/ocr/drawn_lines.h"
#include "extract/ocr/ocr.h"

namespace millpond::extract {

struct UprightWords {
  std::vector<OcrWord> words;  ///< in pixels of the picture that was read: turned by `quarters`, then straightened
  DrawnLines lines;            ///< likewise
  int quarters = 0;            ///< clockwise
  float skew = 0;              ///< degrees that the lines of the turned picture fell to the right
  int width = 0, height = 0;   ///< of the picture that was read
};

/// Reads a picture; one that gives little is turned to stand upright, and one that lies at an angle is straightened.
Result<UprightWords> read_upright(OcrEngine& engine, GrayImage image, int dpi);

/// 0 to 100; 0 without words.
float mean_confidence(const std::vector<OcrWord>& words);

}  // namespace millpond::extract
