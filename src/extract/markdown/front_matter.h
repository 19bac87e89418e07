#pragma once
#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Takes YAML front matter ("---" … "---") off `text`: its scalar keys become title, language and metadata.
/// Text without front matter is left alone.
void read_front_matter(std::string_view& text, Document& document);

}  // namespace millpond::extract
