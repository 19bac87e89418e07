#pragma once
// A table of a .docx while it is being read.

#include <string>
#include <vector>

#include "millpond/extract/document.h"

namespace millpond::extract {

class DocxTable {
 public:
  enum class Merge : unsigned char { kNone, kStart, kContinue };

  void begin_row(bool header, int skipped_columns);
  void begin_cell(int columns, Merge merge);
  /// Text of the open cell, paragraphs by \n.
  std::string& text() { return cells_.back().text; }
  bool in_cell() const { return in_cell_; }
  void end_cell() { in_cell_ = false; }
  /// The element with spans resolved; empty text if the table has none.
  Element finish();

 private:
  struct Cell {
    std::size_t row;
    int column, columns, rows;
    bool header;
    Merge merge;
    std::string text;
  };
  void resolve_merges();

  std::vector<Cell> cells_;
  std::size_t rows_ = 0;
  int column_ = 0;
  bool header_ = false, in_cell_ = false;
};

}  // namespace millpond::extract
