#pragma once
#include <string>

#include "extract/html/tree.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Reads title, language, author, dates, description and address out of <html>, <title> and <meta>.
void read_metadata(const Tree& tree, Document& document);

/// The encoding that a page declares in its first 2048 bytes: <meta charset>, http-equiv, or <?xml encoding?>.
std::string declared_encoding(std::string_view bytes);

}  // namespace millpond::extract
