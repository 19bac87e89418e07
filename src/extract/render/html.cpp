// A document as a web page.

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "extract/text/clean.h"
#include "millpond/extract/captions.h"
#include "millpond/extract/render.h"

namespace millpond::extract {
namespace {

std::string place_of(const Element& element) {
  if (element.page == 0) return {};
  std::string out = " data-page=\"" + std::to_string(element.page) + '"';
  if (element.box.empty()) return out;
  char box[96];
  std::snprintf(box, sizeof box, " data-box=\"%.1f %.1f %.1f %.1f\"", double{element.box.x0}, double{element.box.y0},
                double{element.box.x1}, double{element.box.y1});
  return out + box;
}

void append_block(std::string& out, const Element& element, std::string_view tag, std::string_view more = {}) {
  out.append("<").append(tag).append(more).append(place_of(element)).append(">");
  append_escaped(out, element.text);
  out.append("</").append(tag).append(">\n");
}

/// A figure with its caption inside, as web pages write it; words in it and what describes it are its text.
void append_figure(std::string& out, const Element& element, const Element* caption, std::string_view link) {
  out.append("<figure").append(place_of(element)).append(">");
  const std::string description = picture_description(element.text);
  if (!link.empty()) {
    out += "<img src=\"";
    append_escaped(out, link);
    out += "\" alt=\"";
    append_escaped(out, description);
    out += "\">";
  }
  if (link.empty() || description.empty()) append_escaped(out, element.text);
  if (caption) {
    out.append("<figcaption").append(place_of(*caption)).append(">");
    append_escaped(out, caption->text);
    out += "</figcaption>";
  }
  out += "</figure>\n";
}

void append_element(std::string& out, const Element& element) {
  using Kind = ElementKind;
  switch (element.kind) {
    case Kind::kTitle: append_block(out, element, "h" + std::to_string(std::clamp(element.level, 1, 6))); break;
    case Kind::kListItem: append_block(out, element, "li"); break;
    case Kind::kCode: append_block(out, element, "pre"); break;
    case Kind::kCaption: append_block(out, element, "p", " class=\"caption\""); break;
    case Kind::kFootnote: append_block(out, element, "aside"); break;
    case Kind::kHeader: append_block(out, element, "header"); break;
    case Kind::kFooter: append_block(out, element, "footer"); break;
    case Kind::kFormula: append_block(out, element, "p", " class=\"formula\""); break;
    case Kind::kPageBreak: out += "<hr>\n"; break;
    case Kind::kTable:
      if (element.html.empty()) {
        append_block(out, element, "pre");
      } else {
        // Read and written again, so that nothing but a table gets into the page.
        const std::string table = table_html(read_table(element.html));
        out.append("<table").append(place_of(element)).append(table.substr(6)).append("\n");
      }
      break;
    default: append_block(out, element, "p");
  }
}

}  // namespace

std::string to_html(const Document& document, std::span<const std::string> picture_links) {
  std::string out = "<!doctype html>\n<html";
  if (!document.language.empty()) {
    out += " lang=\"";
    for (const char c : document.language) {
      if (std::isalnum(static_cast<unsigned char>(c)) || c == '-') out += c;
    }
    out += '"';
  }
  out += "><head><meta charset=\"utf-8\"><title>";
  append_escaped(out, document.title);
  out += "</title></head><body>\n";
  int depth = 0;  // of open lists
  const std::vector<int> captions = captions_of(document.elements);
  std::vector<bool> written(document.elements.size(), false);  // captions inside their figures
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const auto caption = static_cast<std::size_t>(captions[i]);
    if (captions[i] < 0 || document.elements[i].kind != ElementKind::kFigure) continue;
    written[caption] = true;
  }
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    const Element& element = document.elements[i];
    if (written[i]) continue;
    const int wanted = element.kind == ElementKind::kListItem ? std::clamp(element.level, 1, 20) : 0;
    for (; depth < wanted; ++depth) out += "<ul>\n";
    for (; depth > wanted; --depth) out += "</ul>\n";
    if (element.kind == ElementKind::kFigure) {
      const int caption = captions[i];
      const bool last = caption >= 0 && (i + 1 >= captions.size() || captions[i + 1] != caption);
      append_figure(out, element, last ? &document.elements[static_cast<std::size_t>(caption)] : nullptr,
                    i < picture_links.size() ? std::string_view(picture_links[i]) : std::string_view());
    } else {
      append_element(out, element);
    }
  }
  for (; depth > 0; --depth) out += "</ul>\n";
  return out + "</body></html>\n";
}

}  // namespace millpond::extract
