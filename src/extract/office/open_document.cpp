// OpenDocument text, presentations and spreadsheets.

#include "millpond/extract/open_document.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "extract/document_builder.h"
#include "extract/mail/transfer.h"
#include "extract/office/office_links.h"
#include "extract/office/part.h"
#include "extract/office/xlsx_sheet.h"
#include "extract/picture_bytes.h"
#include "extract/text/clean.h"
#include "extract/xml/mathml.h"

namespace millpond::extract {
namespace {

constexpr int kRepeatMax = 10'000;
constexpr std::size_t kCellsMax = 4'000'000;

int number_of(std::string_view text, int otherwise) {
  int value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Walks the content of a document; text boxes and notes wait until their paragraph ends.
class OpenDocument {
 public:
  OpenDocument(Package& package, const Limits& limits, Pictures& pictures, DocumentBuilder& out)
      : package_(package), limits_(limits), pictures_(pictures), out_(out) {}

  void styles(const pugi::xml_node& root) {
    for (const std::string_view list : {"automatic-styles", "styles"}) {
      for (const pugi::xml_node style : child_of(root, list)) {
        const std::string_view name = attribute_of(style, "name");
        const std::string_view parent = attribute_of(style, "parent-style-name");
        if (!name.empty()) parents_.emplace(name, parent);
        if (local_name(style) == "list-style") {
          const pugi::xml_node first = style.first_child();
          if (local_name(first) == "list-level-style-number") numbered_.emplace(name, 1);
        }
      }
    }
  }

  Status blocks(const pugi::xml_node& parent, int depth) {
    if (depth > std::min(limits_.depth, 200)) return exhausted("the document is nested deeper than ", depth - 1);
    for (const pugi::xml_node node : parent) MP_TRY(block(node, depth));
    return out_.status();
  }

  Status slide(const pugi::xml_node& page, int number) {
    out_.set_page(number);
    // Titles stand first, whatever the order of the shapes.
    for (const bool titles : {true, false}) {
      for (const pugi::xml_node shape : page) {
        const std::string_view kind = attribute_of(shape, "class");
        if ((kind == "title") != titles || kind == "page-number" || kind == "date-time" || kind == "footer") continue;
        if (titles) {
          std::string text;
          MP_TRY(all_text(shape, text, 0));
          out_.title(1, text);
        } else if (local_name(shape) == "notes") {
          for (const pugi::xml_node note : shape) {
            if (attribute_of(note, "class") != "notes") continue;
            std::string text;
            MP_TRY(all_text(note, text, 0));
            out_.add(ElementKind::kFootnote, text);
          }
        } else {
          MP_TRY(block(shape, 1));
        }
      }
    }
    return out_.status();
  }

  Status sheet(const pugi::xml_node& table, int number) {
    out_.set_page(number);
    out_.title(1, attribute_of(table, "name"));
    std::vector<SheetCell> cells;
    std::vector<CellRange> merged;
    int row = 0;
    MP_TRY(sheet_rows(table, row, cells, merged, 0));
    std::vector<Element> elements;
    append_blocks(std::move(cells), merged, number, elements);
    for (Element& element : elements) {
      if (element.kind == ElementKind::kTable)
        out_.table(read_table(element.html));
      else
        out_.add(element.kind, element.text, element.level);
    }
    return out_.status();
  }

 private:
  Status block(const pugi::xml_node& node, int depth) {
    const std::string_view name = local_name(node);
    if (name == "h") {
      std::string text;
      MP_TRY(inline_text(node, text, depth));
      out_.title(number_of(attribute_of(node, "outline-level"), 1), text);
      return pending(depth);
    }
    if (name == "p") return paragraph(node, depth);
    if (name == "list") return list(node, 1, {}, depth + 1);
    if (name == "table") return table(node, depth + 1);
    if (name == "image" || name == "desc" || name == "object") return {};
    if (name == "frame") return frame(node, depth + 1);
    if (name == "tracked-changes" || name == "annotation" || name == "forms" || name.ends_with("-decls") ||
        name == "table-of-content" || name.ends_with("-index") || name == "sequence-decls") {
      return {};
    }
    if (node.type() == pugi::node_element) return blocks(node, depth + 1);
    return {};
  }

  Status paragraph(const pugi::xml_node& node, int depth) {
    std::string text;
    MP_TRY(inline_text(node, text, depth));
    const std::string_view style = attribute_of(node, "style-name");
    if (has_style(style, "Title"))
      out_.title(1, text);
    else if (has_style(style, "Preformatted_20_Text"))
      code_line(text);
    else if (has_style(style, "Caption") || has_style(style, "Illustration") || has_style(style, "Table")) {
      // The picture stands in the first line of its caption.
      const std::vector<pugi::xml_node> frames = std::exchange(frames_, {});
      for (const pugi::xml_node frame : frames) MP_TRY(this->frame(frame, depth + 1));
      out_.add(ElementKind::kCaption, text);
    } else {
      out_.add_lines(ElementKind::kParagraph, text);
    }
    return pending(depth);
  }

  // Each line of a listing is a paragraph of its own.
  void code_line(std::string_view text) {
    std::vector<Element>& elements = out_.document.elements;
    const bool goes_on = code_at_ == elements.size() && code_at_ > 0 && elements.back().kind == ElementKind::kCode;
    if (goes_on) {
      const std::string whole = elements.back().text + "\n" + std::string(text);
      elements.pop_back();
      out_.code(whole);
    } else {
      out_.code(text);
    }
    code_at_ = elements.size();
  }

  bool has_style(std::string_view style, std::string_view wanted) const {
    for (int i = 0; i < 16 && !style.empty(); ++i) {
      if (style == wanted) return true;
      const auto found = parents_.find(style);
      if (found == parents_.end()) return false;
      style = found->second;
    }
    return false;
  }

  Status list(const pugi::xml_node& node, int level, std::string_view style, int depth) {
    if (depth > 200) return exhausted("lists are nested deeper than ", 200);
    if (const std::string_view own = attribute_of(node, "style-name"); !own.empty()) style = own;
    const bool numbered = numbered_.contains(style);
    int number = 0;
    for (const pugi::xml_node entry : node) {
      const std::string_view kind = local_name(entry);
      if (kind != "list-item" && kind != "list-header") continue;
      bool first = true;
      for (const pugi::xml_node inside : entry) {
        const std::string_view name = local_name(inside);
        if (name == "list") {
          MP_TRY(list(inside, level + 1, style, depth + 1));
        } else if (name == "p" && first) {
          std::string text;
          MP_TRY(inline_text(inside, text, depth));
          if (numbered) text.insert(0, std::to_string(++number) + ". ");
          if (text.find_first_not_of(" \n") != text.npos) out_.item(level, text);
          first = false;
          MP_TRY(pending(depth));
        } else {
          MP_TRY(block(inside, depth));  // headings may be numbered as lists
        }
      }
    }
    return {};
  }

  Status frame(const pugi::xml_node& node, int depth) {
    if (const pugi::xml_node table = child_of(node, "table")) return this->table(table, depth);
    if (const pugi::xml_node box = child_of(node, "text-box")) return blocks(box, depth + 1);
    if (const pugi::xml_node object = child_of(node, "object")) {
      std::string tex;
      MP_TRY(formula(object, tex));
      out_.add(ElementKind::kFormula, tex);
      return {};
    }
    std::string description;
    for (const std::string_view name : {"desc", "title"}) {
      description = clean(child_of(node, name).text().get());
      if (description.find(' ') != std::string::npos) break;
      description.clear();
    }
    return picture(child_of(node, "image"), description);
  }

  /// A picture lies in the package, or is written into the text.
  Status picture(const pugi::xml_node& image, std::string_view description) {
    std::string name(attribute_of(image, "href"));
    if (name.starts_with("./")) name.erase(0, 2);
    const pugi::xml_node written = child_of(image, "binary-data");
    const bool there = written || (!name.empty() && package_.has(name));
    if (!there) {
      if (!description.empty()) out_.add(ElementKind::kFigure, description);
      return {};
    }
    int ticket = 0;
    if (pictures_.wanted()) {
      Result<std::string> bytes =
          written ? Result<std::string>(decode_base64(written.text().get())) : package_.read(name);
      if (bytes.status().code() == Code::kResourceExhausted) return Status(bytes.status());
      if (bytes.ok()) ticket = pictures_.keep(*std::move(bytes));
    }
    out_.figure(description, ticket);
    return {};
  }

  /// A formula is a document of its own: MathML, often with what was typed.
  Status formula(const pugi::xml_node& object, std::string& tex) {
    std::string name(attribute_of(object, "href"));
    if (name.starts_with("./")) name.erase(0, 2);
    while (name.ends_with('/')) name.pop_back();
    XmlPart part;
    MP_TRY(part.load(package_, name + "/content.xml"));
    if (local_name(part.root()) != "math") return {};
    tex = mathml_text(part.root());
    return {};
  }

  Status pending(int depth) {
    if (frames_.empty() && notes_.empty()) return {};
    const std::vector<pugi::xml_node> frames = std::move(frames_), notes = std::move(notes_);
    frames_.clear();
    notes_.clear();
    for (const pugi::xml_node frame : frames) MP_TRY(this->frame(frame, depth + 1));
    for (const pugi::xml_node note : notes) {
      std::string text;
      MP_TRY(all_text(child_of(note, "note-body"), text, depth + 1));
      out_.add(ElementKind::kFootnote, "[" + clean(child_of(note, "note-citation").text().get()) + "] " + text);
    }
    return {};
  }

  /// The text of a paragraph; white space as OpenDocument writes it.
  Status inline_text(const pugi::xml_node& node, std::string& out, int depth) {
    if (depth > 400) return exhausted("text is nested deeper than ", 400);
    for (const pugi::xml_node child : node) {
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
        for (const char c : std::string_view(child.value())) out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
        continue;
      }
      const std::string_view name = local_name(child);
      if (name == "s") {
        out.append(static_cast<std::size_t>(std::clamp(number_of(attribute_of(child, "c"), 1), 1, 1000)), ' ');
      } else if (name == "tab") {
        out += ' ';
      } else if (name == "line-break") {
        out += '\n';
      } else if (name == "note") {
        out += "[" + std::string(child_of(child, "note-citation").text().get()) + "]";
        notes_.push_back(child);
      } else if (name == "frame") {
        const pugi::xml_node object = child_of(child, "object");
        std::string tex;
        if (object) MP_TRY(formula(object, tex));
        if (tex.empty())
          frames_.push_back(child);
        else
          out += "$" + tex + "$";
      } else if (name == "annotation" || name == "tracked-changes" || name == "ruby-text" || name == "script") {
        continue;
      } else {
        MP_TRY(inline_text(child, out, depth + 1));
      }
    }
    return {};
  }

  /// All paragraphs below a node, on one line.
  Status all_text(const pugi::xml_node& node, std::string& out, int depth) {
    if (depth > 200) return exhausted("text is nested deeper than ", 200);
    for (const pugi::xml_node child : node) {
      const std::string_view name = local_name(child);
      if (name == "p" || name == "h") {
        if (!out.empty()) out += ' ';
        MP_TRY(inline_text(child, out, depth));
      } else if (child.type() == pugi::node_element && name != "annotation") {
        MP_TRY(all_text(child, out, depth + 1));
      }
    }
    return {};
  }

  Status table(const pugi::xml_node& node, int depth) {
    TableGrid grid;
    MP_TRY(table_rows(node, grid, false, depth));
    for (TableCell& cell : grid.cells) cell.rows = std::min(cell.rows, grid.rows - cell.row);
    frames_.clear();
    out_.table(std::move(grid));
    return pending(depth);
  }

  Status table_rows(const pugi::xml_node& parent, TableGrid& grid, bool head, int depth) {
    if (depth > 200) return exhausted("tables are nested deeper than ", 200);
    for (const pugi::xml_node row : parent) {
      const std::string_view name = local_name(row);
      if (name == "table-header-rows" || name == "table-row-group" || name == "table-rows") {
        MP_TRY(table_rows(row, grid, head || name == "table-header-rows", depth + 1));
      }
      if (name != "table-row") continue;
      int column = 0;
      for (const pugi::xml_node cell : row) {
        const std::string_view kind = local_name(cell);
        const int repeat = std::clamp(number_of(attribute_of(cell, "number-columns-repeated"), 1), 1, 1000);
        if (kind == "table-cell") {
          std::string text;
          MP_TRY(all_text(cell, text, depth + 1));
          const int down = std::clamp(number_of(attribute_of(cell, "number-rows-spanned"), 1), 1, 1000);
          const int across = std::clamp(number_of(attribute_of(cell, "number-columns-spanned"), 1), 1, 1000);
          for (int i = 0; i < repeat; ++i) {
            grid.cells.push_back({text, grid.rows, column + i, down, across, head});
            if (grid.cells.size() > kCellsMax) return exhausted("more cells than the limit of ", kCellsMax);
          }
          grid.columns = std::max(grid.columns, column + repeat - 1 + across);
        }
        if (kind == "table-cell" || kind == "covered-table-cell") column += repeat;
      }
      ++grid.rows;
    }
    return {};
  }

  Status sheet_rows(const pugi::xml_node& parent, int& row, std::vector<SheetCell>& cells,
                    std::vector<CellRange>& merged, int depth) {
    if (depth > 64) return exhausted("rows are grouped deeper than ", 64);
    for (const pugi::xml_node node : parent) {
      const std::string_view name = local_name(node);
      if (name.starts_with("table-row-") || name == "table-header-rows" || name == "table-rows") {
        MP_TRY(sheet_rows(node, row, cells, merged, depth + 1));
      }
      if (name != "table-row") continue;
      const int rows = std::clamp(number_of(attribute_of(node, "number-rows-repeated"), 1), 1, 1 << 21);
      const std::size_t before = cells.size();
      MP_TRY(sheet_row(node, row, cells, merged));
      const std::size_t added = cells.size() - before;
      for (int i = 1; i < std::min(rows, kRepeatMax) && added > 0; ++i) {
        if (cells.size() + added > kCellsMax) return exhausted("more cells than the limit of ", kCellsMax);
        for (std::size_t k = 0; k < added; ++k) {
          cells.push_back({row + i, cells[before + k].column, cells[before + k].text});
        }
      }
      row = std::min(row + rows, 1 << 28);
    }
    return {};
  }

  Status sheet_row(const pugi::xml_node& node, int row, std::vector<SheetCell>& cells, std::vector<CellRange>& merged) {
    int column = 0;
    for (const pugi::xml_node cell : node) {
      const std::string_view kind = local_name(cell);
      if (kind != "table-cell" && kind != "covered-table-cell") continue;
      const int repeat = std::clamp(number_of(attribute_of(cell, "number-columns-repeated"), 1), 1, 1 << 20);
      const int down = number_of(attribute_of(cell, "number-rows-spanned"), 1);
      const int across = number_of(attribute_of(cell, "number-columns-spanned"), 1);
      constexpr std::size_t kMergedMax = 10'000;
      if ((down > 1 || across > 1) && merged.size() < kMergedMax) {
        merged.push_back(
            {row, column, row + std::clamp(down, 1, 1 << 20) - 1, column + std::clamp(across, 1, 16384) - 1});
      }
      std::string text;
      MP_TRY(cell_value(cell, text));
      for (int i = 0; i < std::min(repeat, kRepeatMax) && !text.empty(); ++i) {
        if (cells.size() >= kCellsMax) return exhausted("more cells than the limit of ", kCellsMax);
        cells.push_back({row, column + i, text});
      }
      column = std::min(column + repeat, 1 << 28);
    }
    return {};
  }

  Status cell_value(const pugi::xml_node& cell, std::string& out) {
    const std::string_view type = attribute_of(cell, "value-type");
    if (type == "date") {
      out = attribute_of(cell, "date-value");
      if (const std::size_t t = out.find('T'); t != out.npos) out[t] = ' ';
    } else if (type == "float") {
      out = attribute_of(cell, "value");
    }
    if (out.empty()) MP_TRY(all_text(cell, out, 0));
    out = clean(out);
    return {};
  }

  Package& package_;
  const Limits& limits_;
  Pictures& pictures_;
  DocumentBuilder& out_;
  std::map<std::string, std::string, std::less<>> parents_;
  std::map<std::string, int, std::less<>> numbered_;
  std::vector<pugi::xml_node> frames_, notes_;
  std::size_t code_at_ = 0;
};

void read_meta(const pugi::xml_node& root, DocumentBuilder& out) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"initial-creator", "author"}, {"creator", "author"},          {"creation-date", "created"}, {"date", "modified"},
      {"subject", "subject"},        {"description", "description"}, {"keyword", "keywords"}};
  const pugi::xml_node meta = child_of(root, "meta");
  out.document.title = clean(child_of(meta, "title").text().get());
  out.document.language = clean(child_of(meta, "language").text().get());
  for (const auto& [from, to] : kNames) out.metadata(to, child_of(meta, from).text().get());
}

Result<Document> parse_open_document(std::string_view bytes, const Limits& limits, std::string_view kind) {
  MP_ASSIGN(Package package, Package::open(bytes, limits));
  XmlPart content, styles, meta, manifest;
  if (!package.has("content.xml")) return invalid("not an OpenDocument file: it has no content.xml");
  MP_TRY(manifest.load(package, "META-INF/manifest.xml"));
  for (const pugi::xml_node entry : manifest.root()) {
    if (child_of(entry, "encryption-data")) {
      return unsupported("the document is encrypted").hint("Remove its password and save it again.");
    }
  }
  MP_TRY(package.parse("content.xml", content.text, content.xml));
  MP_TRY(styles.load(package, "styles.xml"));
  MP_TRY(meta.load(package, "meta.xml"));
  const pugi::xml_node body = child_of(child_of(content.root(), "body"), kind);
  if (!body) return invalid("not an OpenDocument ", kind);
  DocumentBuilder out(limits);
  read_meta(meta.root(), out);
  Pictures pictures(limits);
  OpenDocument document(package, limits, pictures, out);
  document.styles(styles.root());
  document.styles(content.root());
  int page = 0;
  if (kind == "text") {
    MP_TRY(document.blocks(body, 0));
  } else {
    for (const pugi::xml_node node : body) {
      const std::string_view name = local_name(node);
      if (kind == "presentation" && name == "page") MP_TRY(document.slide(node, ++page));
      if (kind == "spreadsheet" && name == "table") MP_TRY(document.sheet(node, ++page));
    }
  }
  MP_ASSIGN(Document done, out.finish());
  pictures.settle(done);
  Links links;
  read_office_links(package, "content.xml", body, 0, links);
  links.settle(done);
  return done;
}

}  // namespace

Result<Document> parse_odt(std::string_view bytes, const Limits& limits) {
  return parse_open_document(bytes, limits, "text");
}
Result<Document> parse_odp(std::string_view bytes, const Limits& limits) {
  return parse_open_document(bytes, limits, "presentation");
}
Result<Document> parse_ods(std::string_view bytes, const Limits& limits) {
  return parse_open_document(bytes, limits, "spreadsheet");
}

}  // namespace millpond::extract
