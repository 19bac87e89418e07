#pragma once
// What tells a heading from a label that is set like one, and how deep a heading lies by its number.

#include <cstddef>
#include <string_view>
#include <vector>

#include "extract/pdf/blocks.h"

namespace millpond::extract::pdf {

/// Depth of the section number in front of a text: 2 of "1.4 Scope" and "A.1 Scope", 3 of "2.1.3. Scope"; 1 of "4
/// Scope"; 0 if there is none.
int number_depth(std::string_view text);

/// "Chapter 4", "Kapitel 4", "Appendix B", "PART II", "FOUR": what stands above the title of a chapter in some books.
bool is_chapter_label(std::string_view text);

/// Takes the positions of labels out of `candidates` (positions of blocks that are set like headings): chapter labels
/// right above a title, and texts without a number that stand three times or more further in than the running text of
/// their page ("NOTE", "WARNING" of a box), or anywhere if `all_known`: the headings are known otherwise. Returns the
/// positions of blocks that stand below a chapter label.
std::vector<std::size_t> drop_labels(const std::vector<Block>& blocks, bool all_known,
                                     std::vector<std::size_t>& candidates);

}  // namespace millpond::extract::pdf
