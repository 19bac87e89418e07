// XML of any vocabulary.

#include "millpond/extract/xml.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <pugixml.hpp>
#include <unordered_map>

#include "extract/document_builder.h"
#include "extract/html/html_page.h"
#include "extract/office/package.h"
#include "extract/text/clean.h"
#include "extract/xml/mathml.h"
#include "extract/xml/xml_metadata.h"
#include "extract/xml/xml_names.h"
#include "millpond/extract/html.h"

namespace millpond::extract {
namespace {

bool is_text(const pugi::xml_node& node) { return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata; }

bool has_text(const pugi::xml_node& node) {
  return std::string_view(node.value()).find_first_not_of(" \t\r\n") != std::string_view::npos;
}

class XmlWriter {
 public:
  XmlWriter(const Limits& limits, DocumentBuilder& out)
      : limits_(limits), depth_(std::min(limits.depth, 500)), out_(out) {}

  /// The children of a section whose title has this level.
  Status section(const pugi::xml_node& node, int level, int depth) {
    if (depth > depth_) return exhausted("elements are nested deeper than the limit of ", depth_);
    if (is_records(node)) return records(node);
    bool titled = false;
    std::string run;  // text between blocks
    for (const pugi::xml_node child : node) {
      const bool inside = is_text(child) || role_of(child) == XmlRole::kInline;
      if (inside) {
        MP_TRY(inline_child(child, run, depth));
        continue;
      }
      flush(run);
      const bool first_title = role_of(child) == XmlRole::kTitle && !titled;
      if (first_title) {
        std::string text = label_of(node);
        MP_TRY(inline_text(child, text, depth + 1));
        out_.title(level, text);
        titled = true;
        continue;
      }
      MP_TRY(block(child, titled ? level + 1 : level, depth + 1));
    }
    flush(run);
    notes();
    return out_.status();
  }

 private:
  static XmlRole role_of(const pugi::xml_node& node) { return xml_role(local_name(node)); }

  void flush(std::string& run) {
    out_.paragraph(run);
    run.clear();
  }

  static std::string label_of(const pugi::xml_node& node) {
    std::string label = clean(child_of(node, "label").text().get());
    return label.empty() ? label : label + " ";
  }

  Status block(const pugi::xml_node& node, int level, int depth) {
    if (node.type() != pugi::node_element) return {};
    if (depth > depth_) return exhausted("elements are nested deeper than the limit of ", depth_);
    const std::string_view name = local_name(node);
    if (name == "label") return {};  // goes with the title or caption beside it
    switch (role_of(node)) {
      case XmlRole::kSection: return named_section(node, level, depth);
      case XmlRole::kSkipped: return {};
      case XmlRole::kTitle: return collected(node, ElementKind::kTitle, level, depth);
      case XmlRole::kParagraph: return paragraph(node, ElementKind::kParagraph, 0, level, depth);
      case XmlRole::kList: return list(node, 1, level, depth + 1);
      case XmlRole::kItem: return item(node, 1, level, depth + 1);
      case XmlRole::kTerm: return collected(node, ElementKind::kListItem, 1, depth);
      case XmlRole::kTable: return table(node, depth + 1);
      case XmlRole::kCaption: return caption(node, depth);
      case XmlRole::kCode: return code(node, depth);
      case XmlRole::kFormula: return formula(node, depth);
      case XmlRole::kFootnote: return collected(node, ElementKind::kFootnote, 0, depth);
      default: break;
    }
    const bool own_text = std::any_of(node.begin(), node.end(),
                                      [](const pugi::xml_node& child) { return is_text(child) && has_text(child); });
    if (own_text) return paragraph(node, ElementKind::kParagraph, 0, level, depth);
    return section(node, level, depth + 1);
  }

  /// Sections that carry their name in the tag get a title from it.
  Status named_section(const pugi::xml_node& node, int level, int depth) {
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"abstract", "Abstract"},
                                                                               {"ack", "Acknowledgements"},
                                                                               {"ref-list", "References"},
                                                                               {"bibliography", "References"}};
    const bool titled = child_of(node, "title") || child_of(node, "head") || child_of(child_of(node, "info"), "title");
    for (const auto& [name, title] : kNames) {
      if (name != local_name(node) || titled) continue;
      out_.title(level, title);
      ++level;
    }
    if (const pugi::xml_node title = child_of(child_of(node, "info"), "title"); title && depth > 1) {  // DocBook 5
      MP_TRY(collected(title, ElementKind::kTitle, level, depth + 1));
      ++level;
    }
    return section(node, level, depth);
  }

  Status collected(const pugi::xml_node& node, ElementKind kind, int level, int depth) {
    std::string text = kind == ElementKind::kFootnote ? label_of(node) : std::string();
    MP_TRY(inline_text(node, text, depth + 1));
    out_.add(kind, text, level);
    return out_.status();
  }

  /// Text with blocks inside: what stands before, between and after them are paragraphs of their own.
  Status paragraph(const pugi::xml_node& node, ElementKind kind, int item_level, int level, int depth) {
    if (depth > depth_) return exhausted("elements are nested deeper than the limit of ", depth_);
    std::string run;
    const auto flush_run = [&] {
      const std::size_t before = out_.document.elements.size();
      out_.add(kind, run, item_level);
      if (out_.document.elements.size() > before) kind = ElementKind::kParagraph;
      run.clear();
    };
    for (const pugi::xml_node child : node) {
      switch (role_of(child)) {
        case XmlRole::kList:
        case XmlRole::kTable:
        case XmlRole::kFormula:
        case XmlRole::kParagraph:
        case XmlRole::kCaption:
          flush_run();
          if (role_of(child) == XmlRole::kParagraph)
            MP_TRY(paragraph(child, kind, item_level, level, depth + 1));
          else if (role_of(child) == XmlRole::kList)
            MP_TRY(list(child, item_level + 1, level, depth + 1));
          else
            MP_TRY(block(child, level, depth + 1));
          kind = ElementKind::kParagraph;
          break;
        case XmlRole::kCode:
          if (std::string_view(child.text().get()).find('\n') != std::string_view::npos) {
            flush_run();
            MP_TRY(code(child, depth + 1));
            break;
          }
          [[fallthrough]];
        default: MP_TRY(inline_child(child, run, depth));
      }
    }
    flush_run();
    notes();
    return out_.status();
  }

  Status list(const pugi::xml_node& node, int item_level, int level, int depth) {
    if (depth > depth_) return exhausted("lists are nested deeper than the limit of ", depth_);
    const std::string_view type = attribute_of(node, "list-type");
    const bool numbered = local_name(node) == "orderedlist" || type == "order" || type == "ordered" ||
                          attribute_of(node, "type").starts_with("ordered");
    int number = 0;
    for (const pugi::xml_node child : node) {
      if (child.type() != pugi::node_element) continue;
      if (local_name(child) == "label") {  // of TEI's lists of terms
        MP_TRY(collected(child, ElementKind::kListItem, item_level, depth + 1));
      } else if (role_of(child) == XmlRole::kItem) {
        const std::size_t first = out_.document.elements.size();
        MP_TRY(item(child, item_level, level, depth + 1));
        std::vector<Element>& elements = out_.document.elements;
        if (numbered && first < elements.size() && elements[first].kind == ElementKind::kListItem) {
          elements[first].text.insert(0, std::to_string(++number) + ". ");
        }
      } else if (role_of(child) == XmlRole::kTitle || role_of(child) == XmlRole::kCaption) {
        MP_TRY(collected(child, ElementKind::kCaption, 0, depth + 1));
      } else {
        MP_TRY(entry(child, item_level, level, depth + 1));
      }
    }
    return {};
  }

  /// A term with its definition.
  Status entry(const pugi::xml_node& node, int item_level, int level, int depth) {
    if (depth > depth_) return exhausted("lists are nested deeper than the limit of ", depth_);
    for (const pugi::xml_node child : node) {
      if (child.type() != pugi::node_element) continue;
      if (role_of(child) == XmlRole::kTerm)
        MP_TRY(collected(child, ElementKind::kListItem, item_level, depth));
      else if (role_of(child) == XmlRole::kItem || local_name(child) == "def")
        MP_TRY(section(child, level, depth + 1));
      else
        MP_TRY(block(child, level, depth + 1));
    }
    return {};
  }

  Status item(const pugi::xml_node& node, int item_level, int level, int depth) {
    const std::size_t first = out_.document.elements.size();
    MP_TRY(paragraph(node, ElementKind::kListItem, item_level, level, depth));
    const std::string label = label_of(node);
    std::vector<Element>& elements = out_.document.elements;
    if (!label.empty() && first < elements.size() && !elements[first].text.starts_with(label)) {
      elements[first].text.insert(0, label);
    }
    return {};
  }

  Status caption(const pugi::xml_node& node, int depth) {
    std::string text = label_of(node.parent());
    MP_TRY(inline_text(node, text, depth + 1));
    out_.add(ElementKind::kCaption, text);
    return {};
  }

  Status code(const pugi::xml_node& node, int depth) {
    std::string text;
    MP_TRY(raw_text(node, text, depth + 1));
    out_.code(text);
    return {};
  }

  Status raw_text(const pugi::xml_node& node, std::string& out, int depth) {
    if (depth > depth_) return exhausted("elements are nested deeper than the limit of ", depth_);
    for (const pugi::xml_node child : node) {
      if (is_text(child))
        out += child.value();
      else
        MP_TRY(raw_text(child, out, depth + 1));
    }
    return {};
  }

  static pugi::xml_node tex_below(const pugi::xml_node& node, int depth) {
    for (const pugi::xml_node child : node) {
      const std::string_view name = local_name(child);
      if (name == "tex-math" ||
          (name == "annotation" && attribute_of(child, "encoding").find("tex") != std::string_view::npos)) {
        return child;
      }
      if (depth > 20) continue;
      if (const pugi::xml_node found = tex_below(child, depth + 1)) return found;
    }
    return {};
  }

  Status formula(const pugi::xml_node& node, int depth) {
    std::string text;
    if (const pugi::xml_node tex = tex_below(node, 0))
      text = tex.text().get();
    else
      MP_TRY(inline_text(node, text, depth + 1));
    out_.add(ElementKind::kFormula, text);
    return {};
  }

  Status inline_text(const pugi::xml_node& node, std::string& out, int depth) {
    if (depth > depth_) return exhausted("elements are nested deeper than the limit of ", depth_);
    for (const pugi::xml_node child : node) MP_TRY(inline_child(child, out, depth));
    return {};
  }

  Status inline_child(const pugi::xml_node& child, std::string& out, int depth) {
    if (is_text(child)) {
      out += child.value();
      return {};
    }
    switch (role_of(child)) {
      case XmlRole::kFootnote: notes_.push_back(child); return {};
      case XmlRole::kSkipped: return {};
      case XmlRole::kUnknown:
        if (local_name(child) != "note") break;  // of TEI, within a paragraph
        notes_.push_back(child);
        return {};
      case XmlRole::kParagraph:
      case XmlRole::kItem:
      case XmlRole::kTitle:
        out += ' ';
        MP_TRY(inline_text(child, out, depth + 1));
        out += ' ';
        return {};
      default: break;
    }
    const std::string_view name = local_name(child);
    if (name == "lb" || name == "br" || name == "break") out += ' ';
    if (name == "label" && role_of(child.parent()) != XmlRole::kInline) return {};
    if (name == "math" || name == "alternatives" || name == "inline-formula") {
      if (const pugi::xml_node tex = tex_below(child, 0)) {
        out += tex.text().get();
        return {};
      }
      if (name == "math") {
        out += mathml_text(child);
        return {};
      }
    }
    return inline_text(child, out, depth + 1);
  }

  void notes() {
    const std::vector<pugi::xml_node> found = std::move(notes_);
    notes_.clear();
    for (const pugi::xml_node note : found) (void)collected(note, ElementKind::kFootnote, 0, 0);
    notes_.clear();
  }

  Status table(const pugi::xml_node& node, int depth) {
    for (const std::string_view name : {"title", "caption"}) {
      if (const pugi::xml_node child = child_of(node, name)) MP_TRY(caption(child, depth));
    }
    TableGrid grid;
    MP_TRY(rows(node, grid, false, depth));
    if (grid.rows == 0) return {};
    // Spans are resolved as HTML's are.
    TableGrid placed = read_table(table_html(grid));
    out_.table(std::move(placed));
    notes();
    return out_.status();
  }

  Status rows(const pugi::xml_node& parent, TableGrid& grid, bool head, int depth) {
    if (depth > depth_) return exhausted("elements are nested deeper than the limit of ", depth_);
    for (const pugi::xml_node node : parent) {
      const std::string_view name = local_name(node);
      if (name == "tgroup" || name == "thead" || name == "tbody" || name == "tfoot") {
        MP_TRY(rows(node, grid, name == "thead", depth + 1));
      }
      if (name != "tr" && name != "row") continue;
      int column = 0;
      for (const pugi::xml_node cell : node) {
        const std::string_view kind = local_name(cell);
        if (kind != "td" && kind != "th" && kind != "entry" && kind != "cell") continue;
        std::string text;
        MP_TRY(inline_text(cell, text, depth + 1));
        int across = number(attribute_of(cell, "colspan"), number(attribute_of(cell, "cols"), 1));
        int down = number(attribute_of(cell, "rowspan"), number(attribute_of(cell, "morerows"), 0) + 1);
        across = std::clamp(across, 1, 1000);
        down = std::clamp(down, 1, 1000);
        const bool header =
            head || kind == "th" || attribute_of(cell, "role") == "label" || attribute_of(node, "role") == "label";
        grid.cells.push_back({clean(text), grid.rows, column, down, across, header});
        column += across;
      }
      grid.columns = std::max(grid.columns, column);
      ++grid.rows;
    }
    return {};
  }

  static int number(std::string_view text, int otherwise) {
    std::from_chars(text.data(), text.data() + text.size(), otherwise);
    return otherwise;
  }

  /// Children of one name, each with plain fields: rows of a table.
  static bool is_records(const pugi::xml_node& node) {
    std::size_t count = 0, fields = 0;
    std::string_view name;
    for (const pugi::xml_node child : node) {
      if (is_text(child) && has_text(child)) return false;
      if (child.type() != pugi::node_element) continue;
      if (count++ == 0) name = child.name();
      if (name != child.name() || role_of(child) != XmlRole::kUnknown) return false;
      for (const pugi::xml_node field : child) {
        if (is_text(field) && has_text(field)) return false;
        if (field.type() != pugi::node_element) continue;
        ++fields;
        for (const pugi::xml_node inner : field) {
          if (inner.type() == pugi::node_element) return false;
        }
        if (std::string_view(field.text().get()).size() > 400) return false;
      }
    }
    return count >= 2 && fields >= count * 2;
  }

  Status records(const pugi::xml_node& node) {
    std::map<std::string, int> column_of;
    std::vector<std::vector<std::string>> rows(1);
    for (const pugi::xml_node record : node) {
      if (record.type() != pugi::node_element) continue;
      std::vector<std::string>& row = rows.emplace_back();
      for (const pugi::xml_node field : record) {
        if (field.type() != pugi::node_element) continue;
        const auto [at, added] = column_of.try_emplace(std::string(local_name(field)), int(column_of.size()));
        if (added) rows[0].push_back(at->first);
        if (column_of.size() > 2000) return exhausted("records with more fields than ", 2000);
        row.resize(std::max(row.size(), std::size_t(at->second) + 1));
        std::string& cell = row[std::size_t(at->second)];
        (cell += cell.empty() ? "" : ", ") += field.text().get();
      }
    }
    out_.table(rows, 1);
    return out_.status();
  }

  const Limits& limits_;
  const int depth_;
  DocumentBuilder& out_;
  std::vector<pugi::xml_node> notes_;
};

/// RSS and Atom: an entry a section, whose content is HTML.
Status write_feed(const pugi::xml_node& root, const Limits& limits, DocumentBuilder& out) {
  const pugi::xml_node channel = child_of(root, "channel") ? child_of(root, "channel") : root;
  out.title(1, child_of(channel, "title").text().get());
  const auto write_entries = [&](const pugi::xml_node& parent) -> Status {
    for (const pugi::xml_node entry : parent) {
      const std::string_view name = local_name(entry);
      if (name != "item" && name != "entry") continue;
      out.title(2, child_of(entry, "title").text().get());
      for (const std::string_view body : {"encoded", "content", "description", "summary"}) {
        const std::string_view text = child_of(entry, body).text().get();
        if (text.empty()) continue;
        MP_ASSIGN(const Document page, parse_whole_html(text, limits));
        for (const Element& element : page.elements) {
          if (element.kind == ElementKind::kTable)
            out.table(read_table(element.html));
          else if (element.kind == ElementKind::kCode)
            out.code(element.text);
          else
            out.add_lines(element.kind, element.text,
                          element.kind == ElementKind::kTitle ? element.level + 2 : element.level);
        }
        break;
      }
      MP_TRY(out.status());
    }
    return {};
  };
  MP_TRY(write_entries(channel));
  return channel == root ? Status() : write_entries(root);  // RSS 1.0 has its items beside the channel
}

}  // namespace

Result<Document> parse_xml(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  pugi::xml_document xml;
  const unsigned options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_wconv_attribute | pugi::parse_eol |
                           pugi::parse_ws_pcdata_single;
  const pugi::xml_parse_result result = xml.load_buffer(bytes.data(), bytes.size(), options);
  if (!result) return invalid("not XML: ", result.description(), ", at byte ", result.offset);
  const pugi::xml_node root = xml.document_element();
  const std::string_view name = local_name(root);
  if (name == "html") return parse_html(bytes, limits);
  DocumentBuilder out(limits);
  XmlWriter writer(limits, out);
  if (name == "rss" || name == "feed" || name == "RDF") {
    MP_TRY(write_feed(root, limits, out));
    return out.finish();
  }
  read_xml_metadata(root, out);
  const bool titled = !out.document.title.empty();
  if (titled) out.title(1, out.document.title);
  const pugi::xml_node abstracts = child_of(child_of(root, "front"), "article-meta");
  for (const pugi::xml_node node : abstracts) {
    if (local_name(node) == "abstract") {
      if (!child_of(node, "title")) out.title(2, "Abstract");
      MP_TRY(writer.section(node, child_of(node, "title") ? 2 : 3, 1));
    }
  }
  // The title of the whole stands already.
  if (const pugi::xml_node own = child_of(root, "title");
      titled && own && clean(own.text().get()) == out.document.title) {
    pugi::xml_node(root).remove_child(own);
  }
  MP_TRY(writer.section(root, titled ? 2 : 1, 1));
  return out.finish();
}

}  // namespace millpond::extract
