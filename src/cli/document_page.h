#pragma once
// A document as one HTML file: the pictures of its pages beside what was read from them.

#include <string>
#include <vector>

#include "millpond/extract/document.h"
#include "millpond/extract/page_image.h"

namespace millpond::cli {

/// The picture of one page, and its number from 1.
struct DrawnPage {
  int number = 0;
  extract::PageImage image;
};

/// Writes the page: hovering an element marks its box, and the other way round. It needs no network and no server.
/// `note` says what is not shown, and why; empty if nothing.
std::string document_page(const extract::Document& document, const std::string& name,
                          const std::vector<DrawnPage>& pages, const std::string& note);

/// Opens a file in the user's browser: $BROWSER, else xdg-open where there is a display. False if there is none.
bool open_in_browser(const std::string& file);

}  // namespace millpond::cli
