#pragma once
// PDF, through PDFium.

#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Reads text with its place on the page, in reading order: columns, headings (by the outline, type size and weight),
/// paragraphs joined across lines, lists, code, captions, footnotes, running headers and footers.
///
/// Shape:   every element has `page` and `box`; title levels follow the outline where the document has one.
/// Errors:  kInvalidArgument (not a PDF, broken), kUnsupported (encrypted; no text layer), kResourceExhausted (a
///          limit), kUnavailable (PDFium's library is not installed).
/// Threads: PDFium serves one thread at a time, so calls wait for each other; a crash in it takes the process down.
///          Hence the `extract` step calls this in worker processes only.
/// Source:  docs/formats/pdf.md
Result<Document> parse_pdf(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
