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

}  // namespace millpond::extract
