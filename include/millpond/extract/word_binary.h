#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a document of Word 97 to 2003 (.doc): text in reading order, headings by their styles, tables, what fields
/// show, footnotes; title, author and dates.
///
/// Shape:   running heads and feet, comments, text boxes and pictures are left out.
/// Errors:  kInvalidArgument (no such document; older than Word 97), kUnsupported (encrypted), kDataCorrupt (places
///          outside its streams).
/// Threads: any.
/// Source:  [MS-DOC] 2.4, 2.5, 2.8, 2.9; [MS-OLEPS] 2.20, 2.21
Result<Document> parse_word_binary(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
