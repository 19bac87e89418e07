#pragma once
// Where the lines of a page stand, as Tesseract finds them; they are read by our own reader of its network.

#include <optional>
#include <vector>

#include "extract/ocr/lstm/line_reader.h"
#include "extract/ocr/ocr.h"
#include "extract/ocr/tesseract_api.h"

namespace millpond::extract::tesseract {

/// A line, or a part of one beside a wide gap.
struct PrintedLine {
  lstm::Strip strip;  ///< with room above and below, as the network wants it
  int top = 0, bottom = 0;
  int line = 0;  ///< parts of one line have the same number
};

/// Finds the lines of the picture that `handle` holds, in reading order. Nothing if the page has what only Tesseract
/// itself can read: print that runs up or down, or on its head.
std::optional<std::vector<PrintedLine>> find_lines(const Api& api, Handle* handle, const GrayImage& image);

/// Reads the lines; boxes are drawn tight around the ink.
Result<std::vector<OcrWord>> read_lines(const lstm::LineReader& reader, const GrayImage& image,
                                        const std::vector<PrintedLine>& lines);

}  // namespace millpond::extract::tesseract
