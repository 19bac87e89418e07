#pragma once
// The pictures on a page.

#include <string>
#include <vector>

#include "extract/pdf/pdfium_api.h"
#include "millpond/extract/document.h"

namespace millpond::extract::pdf {

struct PagePicture {
  int page = 0;       ///< from 1
  Box box;            ///< on the page as displayed
  std::string bytes;  ///< empty if only its text is known
  std::string text;   ///< words in it that are no running text: labels of a chart or map
};

/// Appends the pictures of a page, up to `left_bytes` (which it lowers) in all. JPEGs stay as they are, others become
/// PNGs. Ornaments and rules (under a quarter of an inch) are left out.
void read_pictures(const Pdfium& api, DocumentHandle* document, int index, std::int64_t& left_bytes,
                   std::vector<PagePicture>& out);

/// Puts a figure for each picture before the first element of its page that stands below its top, and gives the
/// document the bytes. `labels` are pictures of which only the text is known; they may be among the `pictures`.
void place_pictures(std::vector<PagePicture> pictures, std::vector<PagePicture> labels, Document& document);

}  // namespace millpond::extract::pdf
