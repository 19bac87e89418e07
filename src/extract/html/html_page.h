#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

class Links;

/// Parses a page of HTML that has no frame around its text (a chapter, a message): all that is visible.
/// Errors: as `parse_html`.
Result<Document> parse_whole_html(std::string_view bytes, const Limits& limits);

/// Finds the picture that a page names, in the file that holds both; `wanted`: with its bytes.
using FindPicture = std::function<std::optional<std::string>(std::string_view address, bool wanted)>;
/// As above, for a page with its pictures beside it; its links go to `links`, not into its metadata.
Result<Document> parse_whole_html(std::string_view bytes, const Limits& limits, FindPicture find, Links& links);

}  // namespace millpond::extract
