#pragma once
// Bullets of lists that are drawn instead of set, as browsers print them.

#include "extract/pdf/glyphs.h"

namespace millpond::extract::pdf {

/// Puts a run with a bullet before each run at the left of which a small mark is drawn, where a page has several marks
/// of one size with nothing else to their left.
void set_drawn_bullets(Page& page);

}  // namespace millpond::extract::pdf
