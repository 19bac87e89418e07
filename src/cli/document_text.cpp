#include "cli/document_text.h"

#include <nlohmann/json.hpp>

#include "millpond/extract/captions.h"
#include "millpond/extract/render.h"

namespace millpond::cli {

using nlohmann::ordered_json;

namespace {

const PictureLinks& links_of_part(const PictureLinks& links, std::size_t part) {
  static const PictureLinks kNone;
  return part < links.parts.size() ? links.parts[part] : kNone;
}

}  // namespace

ordered_json json_of(const extract::Document& document, const PictureLinks& links) {
  ordered_json elements = ordered_json::array();
  const std::vector<int> captions = extract::captions_of(document.elements);
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    const extract::Element& element = document.elements[i];
    ordered_json each = {{"kind", extract::kind_name(element.kind)}, {"level", element.level}, {"text", element.text}};
    if (element.page > 0) each["page"] = element.page;
    if (!element.box.empty()) each["box"] = {element.box.x0, element.box.y0, element.box.x1, element.box.y1};
    if (!element.html.empty()) each["html"] = element.html;
    if (captions[i] >= 0) each["caption"] = captions[i];
    if (i < links.own.size() && !links.own[i].empty()) each["picture"] = links.own[i];
    elements.push_back(std::move(each));
  }
  ordered_json json = {{"title", document.title},
                       {"language", document.language},
                       {"pages", document.pages},
                       {"metadata", document.metadata},
                       {"elements", std::move(elements)}};
  for (std::size_t i = 0; i < document.parts.size(); ++i) {
    const extract::Part& part = document.parts[i];
    ordered_json each = {{"part", part.name}, {"media_type", part.media_type}};
    each.update(json_of(part.document, links_of_part(links, i)));
    json["parts"].push_back(std::move(each));
  }
  return json;
}

std::string rendered(const extract::Document& document, const std::string& format, bool with_furniture,
                     const PictureLinks& links) {
  if (format == "json")
    return json_of(document, links).dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  const auto one = [&](const extract::Document& each, const PictureLinks& own) {
    return format == "html"   ? extract::to_html(each, own.own)
           : format == "text" ? extract::to_text(each, with_furniture)
                              : extract::to_markdown(each, own.own);
  };
  std::string out = one(document, links);
  for (std::size_t i = 0; i < document.parts.size(); ++i) {
    const extract::Part& part = document.parts[i];
    out += format == "html" ? "<!-- " + part.media_type + " inside the file -->\n" : "\n---\n\n";
    if (format != "html") out += (format == "text" ? "" : "# ") + part.name + "\n\n";
    out += one(part.document, links_of_part(links, i));
  }
  return out;
}

}  // namespace millpond::cli
