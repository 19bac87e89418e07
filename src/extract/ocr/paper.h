#pragma once
// How dark ink is on a picture of a page, and areas that are printed in a colour.

#include "extract/ocr/drawn_lines.h"
#include "extract/ocr/ocr.h"

namespace millpond::extract {

/// The level below which a pixel is ink, place by place: paper is darker where cells are shaded.
class InkLevels {
 public:
  explicit InkLevels(const GrayImage& image);
  int at(int x, int y) const {
    const auto row = static_cast<std::size_t>(y) / kSide, column = static_cast<std::size_t>(x) / kSide;
    return levels_[row * static_cast<std::size_t>(across_) + column];
  }

  static constexpr int kContrast = 56;  ///< ink is so much darker than the paper around it

 private:
  static constexpr int kSide = 16;
  int across_ = 0;
  std::vector<std::uint8_t> levels_;
};

/// Finds areas of one dark colour (the heads of tables), turns light words on them dark and the areas white, and gives
/// the areas' edges. Dark words on a light colour stay as they are.
DrawnLines turn_light_words(GrayImage& image, int dpi);

}  // namespace millpond::extract
