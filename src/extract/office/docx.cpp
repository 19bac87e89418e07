#include <map>
#include <pugixml.hpp>
#include <utility>

#include "extract/office/chart.h"
#include "extract/office/docx_body.h"
#include "extract/office/docx_styles.h"
#include "extract/office/part.h"
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
  std::map<std::string, std::string, std::less<>> charts;
  for (Package::Relation& relation : package.relations(name)) {
    if (relation.type.ends_with("/chart")) charts.emplace(std::move(relation.id), std::move(relation.target));
  }
  writer.read_chart = [&](std::string_view id, Document& to) -> Status {
    const auto part = charts.find(id);
    return part == charts.end() ? Status() : append_chart(package, part->second, 0, to);
  };
  MP_TRY(writer.write(body));
  MP_TRY(writer.write_endnotes());
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
