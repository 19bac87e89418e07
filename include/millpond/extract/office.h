#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses an Office Open XML text document (.docx): headings by style, lists, tables with spans, notes, captions.
///
/// Shape:   the text as it stands after all tracked changes are accepted; running heads and feet are left out.
/// Errors:  kInvalidArgument (not a .docx, broken), kUnsupported (encrypted), kResourceExhausted (a member expands
///          beyond `limits.expansion_ratio`, output above `limits.output_bytes`).
/// Threads: any.
/// Source:  docs/formats/documents.md
Result<Document> parse_docx(std::string_view bytes, const Limits& limits);

/// Parses a presentation (.pptx): a page a slide; titles, lists with their nesting, tables with spans, the values of
/// charts, comments and speaker's notes.
///
/// Shape:   placeholders of the layout that hold dates and slide numbers are left out.
/// Errors:  as `parse_docx`.
/// Threads: any.
/// Source:  docs/formats/documents.md
Result<Document> parse_pptx(std::string_view bytes, const Limits& limits);

/// Parses a workbook (.xlsx, .xlsm): a page a sheet; each block of neighbouring cells is a table.
///
/// Shape:   values as stored, dates in ISO 8601; merged cells span; a block of one cell is a paragraph. The values of
///          charts and comments follow the sheet's cells.
/// Errors:  as `parse_docx`; kResourceExhausted above four million cells.
/// Threads: any.
/// Source:  docs/formats/documents.md
Result<Document> parse_xlsx(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
