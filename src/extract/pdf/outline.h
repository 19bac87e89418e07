#pragma once
// The outline (bookmarks) of a document.

#include <string>
#include <vector>

#include "extract/pdf/pdfium_api.h"

namespace millpond::extract::pdf {

struct OutlineEntry {
  std::string title;
  int level = 1;
  int page = 0;  ///< from 1; 0 if it leads nowhere
};

/// In the outline's own order. Outlines of hostile files may form loops: depth and count are limited.
std::vector<OutlineEntry> read_outline(const Pdfium& api, DocumentHandle* document);

/// UTF-16LE bytes, with or without a final NUL, as UTF-8 without control characters.
std::string from_utf16(const std::vector<unsigned char>& bytes);

}  // namespace millpond::extract::pdf
