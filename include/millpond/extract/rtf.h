#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses Rich Text Format: headings by style and outline level, lists, tables, footnotes, text boxes, properties.
///
/// Shape:   running heads and feet, pictures, deleted and hidden text are left out; bytes are read in the code page of
///          their font.
/// Errors:  kInvalidArgument (no RTF), kResourceExhausted (groups nested deeper than `limits.depth`, output above
///          `limits.output_bytes`).
/// Threads: any.
/// Source:  Rich Text Format 1.9.1
Result<Document> parse_rtf(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
