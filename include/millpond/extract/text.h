#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses plain text, and reads the structure that people write into it: underlined titles, lists, indented code.
///
/// Shape:   a paragraph per block between blank lines; hard-wrapped prose is joined to one line; lines that are laid
///          out by hand (ASCII tables, drawings, indented blocks) keep their line breaks as code.
/// Units:   encoding from a byte order mark, then the bytes (UTF-8, UTF-16), else windows-1252; bytes that fit none
///          become U+FFFD.
/// Errors:  kResourceExhausted for input above `limits.input_bytes` or output above `limits.output_bytes`.
/// Threads: any.
/// Source:  docs/formats/documents.md
Result<Document> parse_text(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
