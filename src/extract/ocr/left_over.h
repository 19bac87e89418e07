#pragma once
// What OCR passed over on a page: figures that stand alone, far from other words.

#include <vector>

#include "extract/ocr/ocr.h"

namespace millpond::extract {

/// Gathers ink of the size of letters that no word covers, sets it side by side as lines of text, and reads that.
/// Words much higher than wide, or without a place (columns of figures taken for one word), are dropped and read so,
/// too. A new word
/// is a line of its own, behind the word to its left.
Status read_left_over(OcrEngine& engine, const GrayImage& image, int dpi, std::vector<OcrWord>& words);

}  // namespace millpond::extract
