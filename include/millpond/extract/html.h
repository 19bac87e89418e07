#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a web page into its main content: headings, paragraphs, lists, tables, code, captions, figures, formulas.
///
/// Shape:   navigation, sidebars, site headers and footers, forms, scripts and hidden nodes are left out; where it is
///          not certain that a block is one of these, it stays. `page` is 0. Markup nested deeper than `limits.depth`
///          is flattened, never an error.
/// Units:   encoding from a byte order mark, then the bytes (valid UTF-8), then `<meta charset>`, else windows-1252.
/// Errors:  kResourceExhausted for input above `limits.input_bytes` or output above `limits.output_bytes`.
/// Threads: any.
/// Source:  docs/formats/documents.md
Result<Document> parse_html(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
