#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a presentation of PowerPoint 97 to 2003 (.ppt): a page a slide, its title first, its texts from top to
/// bottom, lists with their levels, tables, the speaker's notes as footnotes; title, author and dates.
///
/// Shape:   dates, slide numbers, headers and footers of slides are left out, as are comments, charts and pictures.
/// Errors:  kInvalidArgument (no presentation), kUnsupported (encrypted, older than PowerPoint 97), kDataCorrupt
///          (records outside the file), kResourceExhausted (more slides or text than the limits).
/// Threads: any.
/// Source:  [MS-PPT] 2.1, 2.3, 2.4, 2.5, 2.9; [MS-ODRAW] 2.2
Result<Document> parse_powerpoint_binary(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
