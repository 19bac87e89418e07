#pragma once
// The links of a page: annotations that lead to an address, or to a page of the same document.

#include <functional>
#include <string>

#include "extract/links.h"
#include "extract/pdf/pdfium_api.h"

namespace millpond::extract::pdf {

/// Adds them to `links` with the text that they lie on, which `text_in` tells (asking PDFium costs a pass over the page
/// for each). A link over several lines is one if its parts follow each other. `number` is the page's own, from 1.
void read_links(const Pdfium& api, DocumentHandle* document, PageHandle* page, int number,
                const std::function<std::string(const Rect&)>& text_in, Links& links);

}  // namespace millpond::extract::pdf
