#pragma once
// Lines of text in reading order.

#include <string>
#include <vector>

#include "extract/pdf/ruled_table.h"

namespace millpond::extract::pdf {

/// A stretch of a line between wide gaps.
struct Cell {
  std::size_t begin = 0;  ///< offset in the line's text
  float x0 = 0, x1 = 0;
};

/// A glyph of `Page::glyphs` and its offset in the line's text.
struct LineGlyph {
  std::uint32_t glyph, offset;
};

struct Line {
  std::string text;
  Box box;
  float baseline = 0;
  Style style;  ///< of most of its characters; `bold`: of all of them
  int chars = 0;
  bool leader = false;      ///< holds a row of dots, as in a table of contents
  bool code = false;        ///< set in a monospaced type, and not the rest of a sentence
  int table = -1;           ///< stands for this one of the page's tables
  bool furniture = false;   ///< running header, footer or page number
  std::vector<Cell> cells;  ///< one unless there are wide gaps
  float first_word_width = 0;
  std::vector<LineGlyph> glyphs;  ///< if the page has a font for formulas
  bool formula = false;           ///< a displayed formula: its text is TeX
};

/// Lines of one column, from top to bottom, and the edges of its text.
struct Column {
  std::vector<Line> lines;
  float left = 0, right = 0;
  float size = 0;          ///< type size of most characters
  float pitch_em = 1.25f;  ///< baseline distance of lines of a paragraph in that size, by the size
  bool turned = false;     ///< text that stands sideways on the page
};

struct PageLines {
  int number = 0;
  float height = 0;
  std::vector<Column> columns;  ///< in reading order
  std::vector<RuledTable> tables;
};

/// Takes the ruled tables out of the page first, and finds the columns. `as_printed` does neither: it keeps the order
/// in which the page is drawn, and rows of dots.
PageLines make_lines(Page& page, bool as_printed);

}  // namespace millpond::extract::pdf
