#pragma once
#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a page of HTML that has no frame around its text (a chapter, a message): all that is visible.
/// Errors: as `parse_html`.
Result<Document> parse_whole_html(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
