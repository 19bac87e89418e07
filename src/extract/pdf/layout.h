#pragma once
// Pages of lines become the elements of a document.

#include <vector>

#include "extract/pdf/glyphs.h"
#include "extract/pdf/lines.h"
#include "extract/pdf/outline.h"
#include "millpond/extract/document.h"

namespace millpond::extract::pdf {

/// Finds running headers, paragraphs, headings, captions and lists over all pages, and appends the elements. Gives the
/// document a title if it has none. Pages without text give no elements.
/// Errors: kResourceExhausted.
Status lay_out(std::vector<PageLines>& lines, const std::vector<Page>& pages, const std::vector<OutlineEntry>& outline,
               const Limits& limits, Document& document);

}  // namespace millpond::extract::pdf
