#pragma once
// Lines become blocks: paragraphs, list items, code, table-like rows, furniture.

#include <string>
#include <unordered_set>
#include <vector>

#include "extract/pdf/lines.h"

namespace millpond::extract::pdf {

struct Block {
  ElementKind kind = ElementKind::kParagraph;
  int level = 0;
  int page = 0;
  std::string text;
  std::string html;  ///< of tables
  Box box;
  Style style;  ///< of its first line
  int lines = 0;
  int chars = 0;
  bool numbered = false;  ///< starts with a list or section number
  bool leader = false;
  float marker_x = 0;  ///< of list items: where the bullet or number stands
};

/// Words that the document writes with a hyphen inside a line; these keep it when a line break falls on it.
using HyphenWords = std::unordered_set<std::string>;
void collect_hyphen_words(const PageLines& page, HyphenWords& words);

/// Appends the blocks of a page, in reading order. `as_printed` keeps line ends, hyphens at them, and bullets.
void make_blocks(const PageLines& page, const HyphenWords& words, float body_size, bool as_printed,
                 std::vector<Block>& out);

/// Length of a list or section number ("1.", "2.3)", "(a)", "iv.") with the space after it; 0 if there is none.
std::size_t number_length(std::string_view text);

}  // namespace millpond::extract::pdf
