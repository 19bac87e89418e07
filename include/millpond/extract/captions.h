#pragma once
// Which figure or table a caption belongs to.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// What a caption names by its first word.
enum class CaptionOf : unsigned char { kNothing, kAnything, kFigure, kTable };

/// The label at the beginning of a text: "Figure 3:", "Abb. 1.2", "Table IV.".
struct CaptionLabel {
  CaptionOf of = CaptionOf::kNothing;  ///< kNothing: the text begins with no label
  std::size_t end = 0;                 ///< byte behind the label and what closes it
  bool closed =
      false;  ///< a colon, full stop or dash follows the number; else it may be a sentence: "Figure 3 shows …"
};
CaptionLabel caption_label(std::string_view text);

/// For each element of a document the index of its caption, or -1. Captions stand beside what they belong to: below
/// or above it; a row of figures shares one. Labels decide ("Table 2" is of a table), then the distance on the page.
std::vector<int> captions_of(std::span<const Element> elements);

}  // namespace millpond::extract
