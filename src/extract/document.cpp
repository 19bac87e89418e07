#include "millpond/extract/document.h"

#include <array>

namespace millpond::extract {
namespace {

constexpr std::array<std::string_view, 12> kKindNames = {"title",  "paragraph", "list_item", "table",
                                                         "figure", "caption",   "footnote",  "header",
                                                         "footer", "code",      "formula",   "page_break"};
}  // namespace

std::string_view kind_name(ElementKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKindNames.size() ? kKindNames[index] : "paragraph";
}

ElementKind kind_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<ElementKind>(i);
  }
  return ElementKind::kParagraph;
}

bool Document::operator==(const Document& other) const {
  return title == other.title && language == other.language && pages == other.pages && metadata == other.metadata &&
         elements == other.elements && parts == other.parts && pictures == other.pictures;
}

bool Part::operator==(const Part& other) const {
  return name == other.name && media_type == other.media_type && document == other.document;
}

const Type& elements_type() {
  static const Type type = list(structure({
      {"kind", utf8()},
      {"level", int32()},
      {"text", utf8()},
      {"page", int32()},
      {"box", structure({{"x0", float32()}, {"y0", float32()}, {"x1", float32()}, {"y1", float32()}})},
      {"html", utf8()},
  }));
  return type;
}

}  // namespace millpond::extract
