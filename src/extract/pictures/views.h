#pragma once
// The worker's side of picture_views.h.

#include <string>
#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// What a worker is asked for in the place of a media type.
inline constexpr std::string_view kGrayViews = "application/x-millpond-gray-views";
inline constexpr std::string_view kColourView = "application/x-millpond-colour-view";

/// A document with one picture: width and height (int32 each), and the pixels of the views. Errors: as `view_picture`.
Result<Document> make_views(std::string_view bytes, bool colour, const Limits& limits);

}  // namespace millpond::extract
