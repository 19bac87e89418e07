#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses an OpenDocument text (.odt): headings by outline level, lists with their nesting, tables with spans, notes.
///
/// Shape:   the text with all tracked changes accepted; text boxes follow the paragraph that anchors them; comments,
///          running heads and indexes (contents, figures) are left out.
/// Errors:  kInvalidArgument (no OpenDocument, broken), kUnsupported (encrypted), kResourceExhausted as `parse_docx`.
/// Threads: any.
/// Source:  OpenDocument 1.3
Result<Document> parse_odt(std::string_view bytes, const Limits& limits);

/// Parses an OpenDocument presentation (.odp): a page a slide, titles first, speaker's notes as footnotes.
/// Errors, threads: as `parse_odt`.
Result<Document> parse_odp(std::string_view bytes, const Limits& limits);

/// Parses an OpenDocument spreadsheet (.ods): a page a sheet; blocks of cells are tables, as in `parse_xlsx`.
/// Errors, threads: as `parse_odt`; kResourceExhausted above four million cells.
Result<Document> parse_ods(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
