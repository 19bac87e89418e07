#pragma once
// Boxes that a chunk covers, merged where they stand close together.

#include <vector>

#include "millpond/chunk/chunker.h"

namespace millpond::chunk {

/// Boxes of one page that a chunk keeps at most; further ones widen the last.
constexpr int kBoxesPerPageMax = 8;
/// Two boxes in one column become one if the white between them is no higher.
constexpr float kGapMax = 24;  // points: two lines of text

/// Adds a box behind the others: widens the last one if both are of one page and column, close above each other.
/// Does nothing for an empty box.
void add_box(const PageBox& box, std::vector<PageBox>& boxes);

}  // namespace millpond::chunk
