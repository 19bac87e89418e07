#include <map>
#include <pugixml.hpp>
#include <utility>

#include "extract/office/chart.h"
#include "extract/office/docx_body.h"
#include "extract/office/docx_styles.h"
#include "extract/office/office_links.h"
#include "extract/office/part.h"
#include "extract/picture_bytes.h"
#include "extract/text/clean.h"
#include "millpond/extract/office.h"

namespace millpond::extract {
namespace {

Notes notes_by_id(const pugi::xml_node& root) {
  Notes notes;
  for (const pugi::xml_node node : root) {
    const std::string_view type = attribute_of(node, "type");
    if (type.empty() || type == "normal") notes.emplace(attribute_of(node, "id"), node);
  }
  return notes;
}

// What a diagram says ("SmartArt"): the texts of its nodes in the order in which they were made.
Status append_diagram(Package& package, const std::string& name, Document& to) {
  XmlPart part;
  MP_TRY(part.load(package, name));
  for (const pugi::xml_node point : child_of(part.root(), "ptLst")) {
    const std::string_view type = attribute_of(point, "type");
    if (local_name(point) != "pt" || !(type.empty() || type == "node")) continue;
    Element element;
    element.kind = ElementKind::kListItem;
    element.level = 1;
    element.text = clean(text_below(child_of(point, "t")));
    if (!element.text.empty()) to.elements.push_back(std::move(element));
  }
  return {};
}

}  // namespace

Result<Document> parse_docx(std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(OfficeFile file, open_office(bytes, limits, "document", "a text document", "word/document.xml"));
  Package& package = file.package;
  const std::string& name = file.main_name;
  const pugi::xml_node body = child_of(file.main->root(), "body");
  if (!body) return invalid("not a text document; its main part is ", name).hint("Only .docx is read as such.");
  XmlPart style_part, numbering_part, footnote_part, endnote_part;
  MP_TRY(style_part.load(package, package.related(name, "/styles")));
  MP_TRY(numbering_part.load(package, package.related(name, "/numbering")));
  MP_TRY(footnote_part.load(package, package.related(name, "/footnotes")));
  MP_TRY(endnote_part.load(package, package.related(name, "/endnotes")));

  Document document;
  MP_TRY(read_core_properties(package, document));
  Styles styles;
  styles.read(style_part.xml.document_element());
  Numbering numbering;
  numbering.read(numbering_part.xml.document_element());
  if (document.language.empty()) document.language = styles.language();

  DocxBody writer(styles, numbering, limits, document);
  writer.footnotes = notes_by_id(footnote_part.xml.document_element());
  writer.endnotes = notes_by_id(endnote_part.xml.document_element());
  std::map<std::string, std::string, std::less<>> charts, diagrams, images;
  for (Package::Relation& relation : package.relations(name)) {
    if (relation.type.ends_with("/chart"))
      charts.emplace(std::move(relation.id), std::move(relation.target));
    else if (relation.type.ends_with("/diagramData"))
      diagrams.emplace(std::move(relation.id), std::move(relation.target));
    else if (relation.type.ends_with("/image"))
      images.emplace(std::move(relation.id), std::move(relation.target));
  }
  writer.read_drawing = [&](std::string_view id, Document& to) -> Status {
    if (const auto part = charts.find(id); part != charts.end()) return append_chart(package, part->second, 0, to);
    const auto part = diagrams.find(id);
    return part == diagrams.end() ? Status() : append_diagram(package, part->second, to);
  };
  Pictures pictures(limits);
  writer.read_picture = [&](std::string_view id) -> std::optional<int> {
    const auto part = images.find(id);
    if (part == images.end() || !package.has(part->second)) return std::nullopt;
    if (!limits.pictures) return 0;
    Result<std::string> picture = package.read(part->second);
    return picture.ok() ? pictures.keep(*std::move(picture)) : 0;
  };
  MP_TRY(writer.write(body));
  MP_TRY(writer.write_endnotes());
  pictures.settle(document);
  Links links;
  read_office_links(package, name, body, 0, links);
  for (const auto& [type, part] : {std::pair("/footnotes", &footnote_part), std::pair("/endnotes", &endnote_part)})
    read_office_links(package, package.related(name, type), part->root(), 0, links);
  links.settle(document);
  if (document.title.empty()) {
    for (const Element& element : document.elements) {
      if (element.kind != ElementKind::kTitle) continue;
      if (element.level == 1) document.title = element.text;
      break;
    }
  }
  return document;
}

}  // namespace millpond::extract
