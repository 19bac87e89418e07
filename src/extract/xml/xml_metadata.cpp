#include "extract/xml/xml_metadata.h"

#include "extract/office/package.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

std::string all_text(const pugi::xml_node& node, int depth = 0) {
  std::string out;
  if (depth > 50) return out;
  for (const pugi::xml_node child : node) {
    const std::string_view name = local_name(child);
    if (name == "xref" || name == "fn") continue;  // marks of affiliations and notes
    out += child.type() == pugi::node_element ? all_text(child, depth + 1) : std::string(child.value());
  }
  return out;
}

std::string person(const pugi::xml_node& name) {
  std::string first, last;
  for (const std::string_view each : {"given-names", "firstname", "forename", "othername"}) {
    if (const std::string text = clean(all_text(child_of(name, each))); !text.empty()) {
      (first += first.empty() ? "" : " ") += text;
    }
  }
  last = clean(all_text(child_of(name, "surname")));
  if (first.empty() && last.empty()) return clean(all_text(name));
  return first.empty() || last.empty() ? first + last : first + " " + last;
}

void add_person(std::string& list, const pugi::xml_node& name) {
  const std::string text = person(name);
  if (!text.empty()) (list += list.empty() ? "" : ", ") += text;
}

void jats(const pugi::xml_node& root, DocumentBuilder& out) {
  const pugi::xml_node front = child_of(root, "front"), meta = child_of(front, "article-meta");
  out.document.title = clean(all_text(child_of(child_of(meta, "title-group"), "article-title")));
  std::string authors;
  for (const pugi::xml_node group : meta) {
    if (local_name(group) != "contrib-group") continue;
    for (const pugi::xml_node person : group) {
      if (local_name(person) != "contrib") continue;
      const pugi::xml_node name = child_of(person, "name");
      add_person(authors, name ? name : child_of(person, "collab"));
    }
  }
  out.metadata("author", authors);
  const pugi::xml_node date = child_of(meta, "pub-date");
  std::string when = clean(child_of(date, "year").text().get());
  for (const std::string_view part : {"month", "day"}) {
    std::string text = clean(child_of(date, part).text().get());
    if (text.empty() || when.empty()) break;
    if (text.size() == 1) text.insert(0, "0");
    when += "-" + text;
  }
  out.metadata("created", when);
  for (const pugi::xml_node id : meta) {
    if (local_name(id) == "article-id" && attribute_of(id, "pub-id-type") == "doi")
      out.metadata("doi", id.text().get());
  }
  const pugi::xml_node journal = child_of(front, "journal-meta");
  const pugi::xml_node group = child_of(journal, "journal-title-group");
  out.metadata("journal", child_of(group ? group : journal, "journal-title").text().get());
}

void docbook(const pugi::xml_node& root, DocumentBuilder& out) {
  pugi::xml_node info = child_of(root, "info");
  for (const std::string_view name : {"bookinfo", "articleinfo"}) {
    if (!info) info = child_of(root, name);
  }
  const pugi::xml_node own = child_of(root, "title");
  out.document.title = clean(all_text(own ? own : child_of(info, "title")));
  std::string authors;
  for (const pugi::xml_node node : info) {
    if (local_name(node) == "author") {
      const pugi::xml_node name = child_of(node, "personname");
      add_person(authors, name ? name : node);
    }
  }
  out.metadata("author", authors);
  out.metadata("created", child_of(info, "pubdate").text().get());
}

void tei(const pugi::xml_node& root, DocumentBuilder& out) {
  const pugi::xml_node file = child_of(child_of(root, "teiHeader"), "fileDesc"), titles = child_of(file, "titleStmt");
  out.document.title = clean(all_text(child_of(titles, "title")));
  std::string authors;
  for (const pugi::xml_node node : titles) {
    if (local_name(node) == "author") add_person(authors, node);
  }
  out.metadata("author", authors);
  out.metadata("created", child_of(child_of(file, "publicationStmt"), "date").text().get());
}

}  // namespace

void read_xml_metadata(const pugi::xml_node& root, DocumentBuilder& out) {
  out.document.language = clean(attribute_of(root, "lang"));
  const std::string_view name = local_name(root);
  if (name == "TEI" || name == "TEI.2") return tei(root, out);
  if (child_of(root, "front")) return jats(root, out);
  if (name == "article" || name == "book" || name == "chapter" || name == "refentry" || name == "set") {
    return docbook(root, out);
  }
}

}  // namespace millpond::extract
