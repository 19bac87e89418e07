#pragma once
// A page as a picture, to show a citation where it stands.

#include <cstdint>
#include <string>
#include <string_view>

#include "millpond/extract/document.h"
#include "millpond/status.h"

namespace millpond::extract {

struct PageImage {
  std::string png;                            ///< RGB, eight bits
  float width_points = 0, height_points = 0;  ///< of the page as displayed: the space that boxes of elements are in
  std::int32_t pages = 0;                     ///< of the document
};

inline constexpr int kImageWidthMin = 50, kImageWidthMax = 4000;

/// Draws one page (from 1) of a PDF, `width_pixels` wide.
///
/// Errors:  as `parse_pdf`; kNotFound for a page that the document does not have; kInvalidArgument for a width outside
///          the limits.
/// Threads: as `parse_pdf`: for untrusted files call it through `WorkerPool::render`.
Result<PageImage> draw_pdf_page(std::string_view bytes, int page, int width_pixels, const Limits& limits);

}  // namespace millpond::extract
