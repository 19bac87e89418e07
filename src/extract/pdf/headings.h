#pragma once
// Which blocks are headings, captions and footnotes, and how deep headings lie.

#include <vector>

#include "extract/pdf/blocks.h"
#include "extract/pdf/outline.h"

namespace millpond::extract::pdf {

/// The type size that most characters are set in.
float body_size_of(const std::vector<PageLines>& pages);

/// Makes titles of blocks that the outline names, and of those that larger or bold type sets apart. Levels follow the
/// outline; type styles that it does not name are placed among those that it does; without an outline, by size.
void mark_headings(std::vector<Block>& blocks, const std::vector<OutlineEntry>& outline, float body_size);

/// Marks captions ("Figure 3: ...") and notes in small type at the foot of a page.
void mark_captions_and_notes(std::vector<Block>& blocks, float body_size);

/// Sets the nesting of list items by where their markers stand.
void mark_list_levels(std::vector<Block>& blocks);

}  // namespace millpond::extract::pdf
