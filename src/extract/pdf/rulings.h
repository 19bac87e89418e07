#pragma once
// Straight lines drawn on a page: what rules a table.

#include <vector>

#include "extract/pdf/pdfium_api.h"
#include "millpond/extract/document.h"

namespace millpond::extract::pdf {

/// Turns stored coordinates into those of the page as it is read: top left origin, y downwards.
struct Turn {
  Rect bounds{};
  int quarters = 0;  // clockwise

  void apply(float x, float y, float& out_x, float& out_y) const {
    switch (quarters & 3) {
      case 0: out_x = x - bounds.left, out_y = bounds.top - y; break;
      case 1: out_x = y - bounds.bottom, out_y = x - bounds.left; break;
      case 2: out_x = bounds.right - x, out_y = y - bounds.bottom; break;
      default: out_x = bounds.top - y, out_y = bounds.right - x; break;
    }
  }
};

/// A horizontal line at y = `at` from x = `from` to `to`, or a vertical one with x and y exchanged.
struct Ruling {
  float at = 0, from = 0, to = 0;
};

/// Units: as `Page`. Sorted by `at`; pieces of one line are joined.
struct Rulings {
  std::vector<Ruling> horizontal, vertical;
  std::vector<Box> pictures;  ///< where pictures stand, in the order in which they are drawn

  /// Whether a vertical line stands between x0 and x1 at height y.
  bool parts(float x0, float x1, float y) const;
};

/// Reads lines, thin rectangles and the edges of larger ones, and where pictures are; curves and slanted lines are left
/// out.
Rulings read_rulings(const Pdfium& api, PageHandle* page, const Turn& turn);

}  // namespace millpond::extract::pdf
