#include "chunk/boxes.h"

#include <algorithm>

namespace millpond::chunk {
namespace {

Box hull(const Box& a, const Box& b) {
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

bool adjacent(const Box& above, const Box& below) {
  const float shared = std::min(above.x1, below.x1) - std::max(above.x0, below.x0);
  const float narrower = std::min(above.x1 - above.x0, below.x1 - below.x0);
  const float gap = std::max(below.y0 - above.y1, above.y0 - below.y1);
  return shared >= narrower / 2 && gap <= kGapMax;
}

}  // namespace

void add_box(const PageBox& box, std::vector<PageBox>& boxes) {
  if (box.box.empty()) return;
  if (!boxes.empty() && boxes.back().page == box.page) {
    const auto same_page = [&](const PageBox& other) { return other.page == box.page; };
    const bool full = std::count_if(boxes.begin(), boxes.end(), same_page) >= kBoxesPerPageMax;
    if (full || adjacent(boxes.back().box, box.box)) {
      boxes.back().box = hull(boxes.back().box, box.box);
      return;
    }
  }
  boxes.push_back(box);
}

}  // namespace millpond::chunk
