#pragma once
// Where something is drawn on a page.

#include <cstdint>
#include <vector>

#include "millpond/extract/document.h"

namespace millpond::extract::pdf {

/// Pieces of ink that touch, or nearly so.
struct Drawing {
  Box box;
  bool free_form = false;  ///< has curves or slanted lines, as tables have not
};

/// Collects the boxes of paths on a grid, so that time and memory do not depend on how a drawing is cut into paths.
/// Units: points.
class InkMap {
 public:
  InkMap(float width, float height) : width_(width), height_(height) {}
  void add(const Box& box, bool free_form);
  /// Drawings from the top; lone thin lines are left out.
  std::vector<Drawing> drawings() const;

 private:
  const float width_, height_;
  std::vector<Drawing> paths_;
  bool free_form_ = false;  // any of them
};

}  // namespace millpond::extract::pdf
