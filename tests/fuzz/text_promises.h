#pragma once
// What every parser promises about its output; a broken promise aborts, so that a fuzzer sees it.

#include <cstdint>
#include <cstdlib>

#include "extract/text/encoding.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

inline void check_text(std::string_view text) {
  if (valid_utf8_prefix(text) != text.size()) std::abort();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) std::abort();
  }
}

inline void check_promises(const Document& document) {
  check_text(document.title);
  check_text(document.language);
  for (const auto& [key, value] : document.metadata) check_text(key), check_text(value);
  for (const Element& element : document.elements) {
    check_text(element.text);
    check_text(element.html);
    if (element.text.empty() && element.kind != ElementKind::kFigure) std::abort();
    if (element.level < 0) std::abort();
    if (element.html.empty() != (element.kind != ElementKind::kTable)) std::abort();
    if (element.kind == ElementKind::kTitle && (element.level < 1 || element.level > 64)) std::abort();
  }
}

}  // namespace millpond::extract
