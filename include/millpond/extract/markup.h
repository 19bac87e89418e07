#pragma once
// Text with marks in it, other than Markdown.

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses reStructuredText: sections by their underlines, lists, definition lists, grid, simple, list and CSV tables,
/// code and literal blocks, formulas, figures, footnotes; fields at the start as metadata.
///
/// Shape:   inline marks, comments and targets are removed; text of roles and links stays; substitutions are replaced.
///          Directives that are not known give their content.
/// Errors:  kResourceExhausted for input above `limits.input_bytes`, output above `limits.output_bytes`, nesting.
/// Threads: any.
/// Source:  Docutils' reStructuredText specification
Result<Document> parse_rst(std::string_view bytes, const Limits& limits);

/// Parses AsciiDoc: sections, nested lists, definition lists, listings, tables with spans, formulas, figures, captions.
///
/// Shape:   inline marks and comments are removed; attributes are replaced by their values; includes are left out.
/// Errors, threads: as `parse_rst`.
/// Source:  AsciiDoc language documentation
Result<Document> parse_asciidoc(std::string_view bytes, const Limits& limits);

/// Parses LaTeX: sections, lists, tables, listings, displayed formulas as TeX, captions, footnotes, bibliography.
///
/// Shape:   commands are removed and the text in their braces stays; `$x$` stays as it is; accents and quotes become
///          characters. Macros of the document are not expanded, included files are not read.
/// Errors, threads: as `parse_rst`.
Result<Document> parse_latex(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
