#pragma once
// Pictures and drawings among the blocks of a document, beside their captions.

#include <vector>

#include "extract/pdf/blocks.h"
#include "extract/pdf/glyphs.h"

namespace millpond::extract::pdf {

/// Adds a figure for each picture, and for each drawing that a caption stands below or above, next to its caption.
/// The words inside a drawing become the figure's text. What begins like a caption and stands beside a figure or table
/// becomes one. `body_size`: points.
void add_figures(const std::vector<Page>& pages, float body_size, std::vector<Block>& blocks);

}  // namespace millpond::extract::pdf
