#include "cli/document_text.h"

#include <nlohmann/json.hpp>

#include "millpond/extract/render.h"

namespace millpond::cli {

using nlohmann::ordered_json;

ordered_json json_of(const extract::Document& document) {
  ordered_json elements = ordered_json::array();
  for (const extract::Element& element : document.elements) {
    ordered_json each = {{"kind", extract::kind_name(element.kind)}, {"level", element.level}, {"text", element.text}};
    if (element.page > 0) each["page"] = element.page;
    if (!element.box.empty()) each["box"] = {element.box.x0, element.box.y0, element.box.x1, element.box.y1};
    if (!element.html.empty()) each["html"] = element.html;
    elements.push_back(std::move(each));
  }
  ordered_json json = {{"title", document.title},
                       {"language", document.language},
                       {"pages", document.pages},
                       {"metadata", document.metadata},
                       {"elements", std::move(elements)}};
  for (const extract::Part& part : document.parts) {
    ordered_json each = {{"part", part.name}, {"media_type", part.media_type}};
    each.update(json_of(part.document));
    json["parts"].push_back(std::move(each));
  }
  return json;
}

std::string rendered(const extract::Document& document, const std::string& format, bool with_furniture) {
  if (format == "json") return json_of(document).dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  const auto one = [&](const extract::Document& each) {
    return format == "html"   ? extract::to_html(each)
           : format == "text" ? extract::to_text(each, with_furniture)
                              : extract::to_markdown(each);
  };
  std::string out = one(document);
  for (const extract::Part& part : document.parts) {
    out += format == "html" ? "<!-- " + part.media_type + " inside the file -->\n" : "\n---\n\n";
    if (format != "html") out += (format == "text" ? "" : "# ") + part.name + "\n\n";
    out += one(part.document);
  }
  return out;
}

}  // namespace millpond::cli
