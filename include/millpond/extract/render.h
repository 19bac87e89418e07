#pragma once
// A document as text for people and programs: Markdown, HTML, plain text.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Writes GitHub's Markdown: titles with their level, nested lists, tables with pipes, fenced code, `$$` formulas.
///
/// Shape:   running headers and footers are left out; a cell over several columns or rows is repeated in each. A figure
///          is its text; if `picture_links` (by element; may be shorter) has an address for it, a picture with that
///          text.
std::string to_markdown(const Document& document, std::span<const std::string> picture_links = {});

/// Writes one HTML page whose elements keep their order; `data-page` and `data-box` say where each stands.
/// `picture_links` as for `to_markdown`.
std::string to_html(const Document& document, std::span<const std::string> picture_links = {});

/// Writes the text alone: cells by tabs, footnotes of pages at their chapter's end; running headers only on demand.
/// Of an article of the web: its body. The headline is the title; pictures and captions are left out.
std::string to_text(const Document& document, bool with_furniture = false);

/// What describes a picture in one line: the text of its figure, if it is no more than that; else empty.
std::string picture_description(std::string_view text);
/// A path as the address of a link, relative or absolute: what has a meaning in addresses or markup is escaped.
std::string link_of_path(std::string_view path);

/// A table's cells, each with its text and how far it reaches.
struct TableCell {
  std::string text;
  int row = 0, column = 0, rows = 1, columns = 1;
  bool head = false;
};
struct TableGrid {
  int rows = 0, columns = 0;
  std::vector<TableCell> cells;  ///< by row, then column; none overlaps another
};

/// Reads the `html` of a table element as the extractors write it; spans are cut to what fits.
/// Errors: none; other markup gives an empty grid.
TableGrid read_table(std::string_view html);

/// The `html` and `text` of a table element from its cells (sorted by row, then column).
std::string table_html(const TableGrid& grid);
std::string table_text(const TableGrid& grid);

}  // namespace millpond::extract
