#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses an EPUB book (2 and 3): its chapters in the order of the spine, each as a page of HTML.
///
/// Shape:   title, author, language, publisher and dates from the package; the navigation page and what lies outside
///          the reading order (`linear="no"`) are left out. `page` is 0: the format has no pages.
/// Errors:  kInvalidArgument (no EPUB, broken), kUnsupported (protected), kResourceExhausted as for `parse_docx`.
/// Threads: any.
/// Source:  EPUB 3.3
Result<Document> parse_epub(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
