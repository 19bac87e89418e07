#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses Markdown (CommonMark with GitHub's tables, strikethrough and task lists; `$` formulas; YAML front matter).
///
/// Shape:   inline marks are stripped, the text of links stays; HTML blocks go through the HTML parser; the title is
///          the front matter's, else the first level-1 heading.
/// Errors:  kResourceExhausted for input above `limits.input_bytes` or output above `limits.output_bytes`.
/// Threads: any.
/// Source:  docs/formats/documents.md
Result<Document> parse_markdown(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
