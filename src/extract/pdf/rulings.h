#pragma once
// Straight lines drawn on a page: what rules a table.

#include <vector>

#include "extract/pdf/ink.h"
#include "extract/pdf/pdfium_api.h"
#include "millpond/extract/document.h"

namespace millpond::extract::pdf {

/// Turns stored coordinates into those of the page as it is read: top left origin, y downwards.
struct Turn {
  Rect bounds{};
  int quarters = 0;  // clockwise

  float width() const { return quarters & 1 ? bounds.top - bounds.bottom : bounds.right - bounds.left; }
  float height() const { return quarters & 1 ? bounds.right - bounds.left : bounds.top - bounds.bottom; }
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
  std::vector<Ruling> bars;       ///< thin horizontal ones as they are drawn, if they were asked for
  std::vector<Box> marks;         ///< small dots and squares, such as bullets
  std::vector<Box> pictures;      ///< where pictures stand, in the order in which they are drawn
  std::vector<Drawing> drawings;  ///< what paths draw, tables and shaded areas among it

  /// Whether a vertical line stands between x0 and x1 at height y.
  bool parts(float x0, float x1, float y) const;
};

/// Sorts lines by their place, and joins pieces that lie on one.
void join_pieces(std::vector<Ruling>& lines);
/// First `m`, then `n`.
Matrix times(const Matrix& m, const Matrix& n);
/// Where a picture stands: the unit square under its matrix.
Box picture_box(const Matrix& matrix, const Turn& turn);

/// Reads lines, thin rectangles and the edges of larger ones, and where pictures and drawings are; curves and slanted
/// lines are in drawings only. `with_bars`: also the bars of fractions and roots.
Rulings read_rulings(const Pdfium& api, PageHandle* page, const Turn& turn, bool with_bars);

}  // namespace millpond::extract::pdf
