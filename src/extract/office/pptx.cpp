// Office Open XML presentations.

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "extract/office/chart.h"
#include "extract/office/office_links.h"
#include "extract/office/part.h"
#include "extract/picture_bytes.h"
#include "extract/text/clean.h"
#include "millpond/extract/office.h"
#include "millpond/extract/render.h"

namespace millpond::extract {
namespace {

constexpr int kGroupDepthMax = 32;
constexpr int kSpanMax = 1000;
constexpr std::int64_t kSameRowEmu = 200'000;  // a fifth of an inch

template <class Number>
Number number_of(std::string_view text, Number otherwise) {
  Number value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The placeholder of a shape; an empty node if it is none.
pugi::xml_node placeholder_of(const pugi::xml_node& shape) {
  for (const pugi::xml_node child : shape) {
    if (!local_name(child).starts_with("nv")) continue;
    return child_of(child_of(child, "nvPr"), "ph");
  }
  return {};
}

enum class Mark { kUnknown, kNone, kBullet, kNumber };

Mark mark_of(const pugi::xml_node& properties) {
  for (const pugi::xml_node child : properties) {
    const std::string_view name = local_name(child);
    if (name == "buNone") return Mark::kNone;
    if (name == "buAutoNum") return Mark::kNumber;
    if (name == "buChar" || name == "buBlip") return Mark::kBullet;
  }
  return Mark::kUnknown;
}

/// Reads the slides one after the other.
class Slides {
 public:
  Slides(Package& package, const Limits& limits, Document& document)
      : package_(package), limits_(limits), document_(document), pictures_(limits) {}

  void settle() {
    pictures_.settle(document_);
    links_.settle(document_);
  }

  Status slide(const std::string& part, int number) {
    page_ = number;
    XmlPart file;
    MP_TRY(file.load(package_, part));
    relations_.clear();
    std::string layout_part, notes_part, comments_part;
    for (Package::Relation& relation : package_.relations(part)) {
      const std::string_view type = relation.type;
      if (type.ends_with("/slideLayout")) layout_part = relation.target;
      if (type.ends_with("/notesSlide")) notes_part = relation.target;
      if (type.ends_with("/comments")) comments_part = relation.target;
      relations_[relation.id] = std::move(relation.target);
    }
    MP_TRY(layout_.load(package_, layout_part));
    MP_TRY(shapes(child_of(child_of(file.root(), "cSld"), "spTree"), 0));
    read_office_links(package_, part, file.root(), number, links_);
    layout_.xml.reset();
    MP_TRY(comments(comments_part));
    return notes(notes_part);
  }

  Status authors(const std::string& part) {
    XmlPart file;
    MP_TRY(file.load(package_, part));
    for (const pugi::xml_node author : file.root()) {
      std::string name = clean(attribute_of(author, "name"));
      if (const std::string initials = clean(attribute_of(author, "initials")); !initials.empty()) {
        name += " (" + initials + ")";
      }
      authors_[std::string(attribute_of(author, "id"))] = std::move(name);
    }
    return {};
  }

 private:
  Status shapes(const pugi::xml_node& tree, int depth) {
    if (depth > kGroupDepthMax) return exhausted("groups of shapes are nested deeper than ", kGroupDepthMax);
    for (const pugi::xml_node node : in_reading_order(tree)) {
      const std::string_view name = local_name(node);
      if (name == "sp") {
        MP_TRY(shape(node));
      } else if (name == "grpSp") {
        MP_TRY(shapes(node, depth + 1));
      } else if (name == "AlternateContent") {
        MP_TRY(shapes(child_of(node, child_of(node, "Choice") ? "Choice" : "Fallback"), depth + 1));
      } else if (name == "graphicFrame") {
        MP_TRY(frame(node));
      } else if (name == "pic") {
        picture(node);
      }
    }
    return {};
  }

  /// A shape and the corner where it begins, in EMU.
  struct Placed {
    pugi::xml_node node;
    std::int64_t x = 0, y = 0;
  };

  /// Shapes stand in the order in which they were drawn: sorts them into rows from top to bottom, titles first.
  std::vector<pugi::xml_node> in_reading_order(const pugi::xml_node& tree) const {
    std::vector<Placed> placed;
    std::int64_t x = 0, y = 0;  // of the shape before: one without a place follows it
    for (const pugi::xml_node node : tree) {
      const pugi::xml_node holder = placeholder_of(node);
      const std::string_view type = attribute_of(holder, "type");
      pugi::xml_node offset = offset_of(node);
      if (!offset) offset = offset_of(in_layout(holder));
      if (offset) {
        x = number_of<std::int64_t>(attribute_of(offset, "x"), x);
        y = number_of<std::int64_t>(attribute_of(offset, "y"), y);
      }
      const bool title = type == "title" || type == "ctrTitle";
      placed.push_back({node, x, title ? std::numeric_limits<std::int64_t>::min() : y});
    }
    std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.y < b.y; });
    std::vector<pugi::xml_node> sorted;
    for (std::size_t begin = 0; begin < placed.size();) {
      std::size_t end = begin + 1;
      while (end < placed.size() && placed[begin].y > 0 && placed[end].y - placed[begin].y < kSameRowEmu) ++end;
      const auto first = placed.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last = placed.begin() + static_cast<std::ptrdiff_t>(end);
      std::stable_sort(first, last, [](const Placed& a, const Placed& b) { return a.x < b.x; });
      for (auto each = first; each != last; ++each) sorted.push_back(each->node);
      begin = end;
    }
    return sorted;
  }

  static pugi::xml_node offset_of(const pugi::xml_node& shape) {
    for (const std::string_view name : {"spPr", "grpSpPr"}) {
      if (const pugi::xml_node found = child_of(child_of(child_of(shape, name), "xfrm"), "off")) return found;
    }
    return child_of(child_of(shape, "xfrm"), "off");
  }

  Status shape(const pugi::xml_node& node) {
    const pugi::xml_node holder = placeholder_of(node);
    const std::string_view type = attribute_of(holder, "type");
    if (type == "sldNum" || type == "dt" || type == "hdr") return {};
    const pugi::xml_node body = child_of(node, "txBody");
    if (type == "title" || type == "ctrTitle") {
      std::string text = text_below(body);
      std::replace(text.begin(), text.end(), '\n', ' ');
      return add(ElementKind::kTitle, clean(text), 1);
    }
    if (type == "ftr") return add(ElementKind::kFooter, clean(text_below(body)), 0);
    const bool listed = holder && type != "subTitle" && (type.empty() || type == "body" || type == "obj");
    const pugi::xml_node own_style = child_of(body, "lstStyle"),
                         layout_style = child_of(child_of(in_layout(holder), "txBody"), "lstStyle");
    int counter[10] = {};
    for (const pugi::xml_node paragraph : body) {
      if (local_name(paragraph) != "p") continue;
      MP_TRY(this->paragraph(paragraph, listed, own_style, layout_style, counter));
    }
    return {};
  }

  Status paragraph(const pugi::xml_node& node, bool listed, const pugi::xml_node& own, const pugi::xml_node& layout,
                   int (&counter)[10]) {
    const std::string text = clean(text_below(node));
    const pugi::xml_node properties = child_of(node, "pPr");
    const int level = std::clamp(number_of(attribute_of(properties, "lvl"), 0), 0, 8);
    const std::string style = "lvl" + std::to_string(level + 1) + "pPr";
    Mark mark = mark_of(properties);
    if (mark == Mark::kUnknown) mark = mark_of(child_of(own, style));
    if (mark == Mark::kUnknown) mark = mark_of(child_of(layout, style));
    if (mark == Mark::kUnknown) mark = listed ? Mark::kBullet : Mark::kNone;
    if (text.empty()) return {};
    std::fill(std::begin(counter) + level + 1, std::end(counter), 0);
    if (mark != Mark::kNumber) counter[level] = 0;
    if (mark == Mark::kNone) return add(ElementKind::kParagraph, text, 0);
    if (mark == Mark::kBullet) return add(ElementKind::kListItem, text, level + 1);
    if (counter[level] == 0) {
      counter[level] = std::max(1, number_of(attribute_of(child_of(properties, "buAutoNum"), "startAt"), 1)) - 1;
    }
    return add(ElementKind::kListItem, std::to_string(++counter[level]) + ". " + text, level + 1);
  }

  /// The layout's shape for a placeholder.
  pugi::xml_node in_layout(const pugi::xml_node& holder) const {
    if (!holder) return {};
    const std::string_view index = attribute_of(holder, "idx"), type = attribute_of(holder, "type");
    for (const pugi::xml_node shape : child_of(child_of(layout_.root(), "cSld"), "spTree")) {
      const pugi::xml_node other = placeholder_of(shape);
      if (!other || attribute_of(other, "idx") != index) continue;
      if (index.empty() && attribute_of(other, "type") != type) continue;
      return shape;
    }
    return {};
  }

  Status frame(const pugi::xml_node& node) {
    const pugi::xml_node data = child_of(child_of(node, "graphic"), "graphicData");
    if (const pugi::xml_node table = child_of(data, "tbl")) return this->table(table);
    const pugi::xml_node chart = child_of(data, "chart");
    const auto part = relations_.find(std::string(attribute_of(chart, "id")));
    if (!chart || part == relations_.end()) return {};
    const std::size_t before = document_.elements.size();
    MP_TRY(append_chart(package_, part->second, page_, document_));
    for (std::size_t i = before; i < document_.elements.size(); ++i) {
      text_bytes_ += static_cast<std::int64_t>(document_.elements[i].text.size() + document_.elements[i].html.size());
    }
    return within_limits();
  }

  Status table(const pugi::xml_node& node) {
    TableGrid grid;
    const bool headed = attribute_of(child_of(node, "tblPr"), "firstRow") == "1";
    for (const pugi::xml_node row : node) {
      if (local_name(row) != "tr") continue;
      int column = 0;
      for (const pugi::xml_node cell : row) {
        if (local_name(cell) != "tc") continue;
        const bool continued = !attribute_of(cell, "hMerge").empty() || !attribute_of(cell, "vMerge").empty();
        if (!continued) {
          const int down = std::clamp(number_of(attribute_of(cell, "rowSpan"), 1), 1, kSpanMax);
          const int across = std::clamp(number_of(attribute_of(cell, "gridSpan"), 1), 1, kSpanMax);
          grid.cells.push_back(
              {clean(text_below(child_of(cell, "txBody"))), grid.rows, column, down, across, headed && grid.rows == 0});
          grid.columns = std::max(grid.columns, column + across);
        }
        ++column;
      }
      ++grid.rows;
    }
    for (TableCell& cell : grid.cells) cell.rows = std::min(cell.rows, grid.rows - cell.row);
    if (grid.cells.empty()) return {};
    MP_TRY(add(ElementKind::kTable, table_text(grid), 0));
    document_.elements.back().html = table_html(grid);
    text_bytes_ += static_cast<std::int64_t>(document_.elements.back().html.size());
    return within_limits();
  }

  /// Pictures whose author says what they show.
  void picture(const pugi::xml_node& node) {
    const std::string text = clean(attribute_of(child_of(child_of(node, "nvPicPr"), "cNvPr"), "descr"));
    const bool tells = text.find(' ') != std::string::npos && !written_by_program(text);
    int ticket = 0;
    const auto part = relations_.find(std::string(attribute_of(child_of(child_of(node, "blipFill"), "blip"), "embed")));
    const bool there = part != relations_.end() && package_.has(part->second);
    if (pictures_.wanted() && there) {
      Result<std::string> bytes = package_.read(part->second);
      if (bytes.ok()) ticket = pictures_.keep(*std::move(bytes));
    }
    if (there && !tells) {
      Element& element = document_.elements.emplace_back();
      element.kind = ElementKind::kFigure;
      element.page = page_;
      element.level = ticket;
    } else if (tells) {
      (void)add(ElementKind::kFigure, text, ticket);
    }
  }

  Status comments(const std::string& part) {
    XmlPart file;
    MP_TRY(file.load(package_, part));
    return comment_list(file.root(), 0);
  }

  Status comment_list(const pugi::xml_node& list, int depth) {
    if (depth > 8) return {};
    for (const pugi::xml_node node : list) {
      const std::string_view name = local_name(node);
      if (name != "cm" && name != "reply") {
        if (name == "replyLst") MP_TRY(comment_list(node, depth + 1));
        continue;
      }
      const auto author = authors_.find(std::string(attribute_of(node, "authorId")));
      const pugi::xml_node plain = child_of(node, "text");
      const std::string text = clean(plain ? plain.text().get() : text_below(child_of(node, "txBody")).c_str());
      if (!text.empty()) {
        const std::string_view when = attribute_of(node, attribute_of(node, "dt").empty() ? "created" : "dt");
        const std::string who = author == authors_.end() ? "unknown" : author->second;
        MP_TRY(add(ElementKind::kFootnote, comment_text(who, when, text), 0));
      }
      MP_TRY(comment_list(node, depth + 1));
    }
    return {};
  }

  Status notes(const std::string& part) {
    XmlPart file;
    MP_TRY(file.load(package_, part));
    for (const pugi::xml_node shape : child_of(child_of(file.root(), "cSld"), "spTree")) {
      if (attribute_of(placeholder_of(shape), "type") != "body") continue;
      MP_TRY(add(ElementKind::kFootnote, clean(text_below(child_of(shape, "txBody"))), 0));
    }
    return {};
  }

  Status add(ElementKind kind, std::string text, int level) {
    if (text.empty()) return {};
    Element element;
    element.kind = kind;
    element.level = level;
    element.page = page_;
    text_bytes_ += static_cast<std::int64_t>(text.size());
    element.text = std::move(text);
    document_.elements.push_back(std::move(element));
    return within_limits();
  }

  Status within_limits() const {
    if (text_bytes_ <= limits_.output_bytes) return {};
    return exhausted("text is longer than the limit of ", limits_.output_bytes, " bytes");
  }

  Package& package_;
  const Limits& limits_;
  Document& document_;
  XmlPart layout_;
  Pictures pictures_;
  Links links_;
  std::map<std::string, std::string> relations_, authors_;
  std::int64_t text_bytes_ = 0;
  int page_ = 0;
};

}  // namespace

Result<Document> parse_pptx(std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(OfficeFile file, open_office(bytes, limits, "presentation", "a presentation", "ppt/presentation.xml"));
  Package& package = file.package;
  std::map<std::string, std::string> targets;
  std::string authors;
  for (Package::Relation& relation : package.relations(file.main_name)) {
    const std::string_view type = relation.type;
    if (type.ends_with("/commentAuthors") || type.ends_with("/authors")) authors = relation.target;
    targets[relation.id] = std::move(relation.target);
  }
  Document document;
  MP_TRY(read_core_properties(package, document));
  Slides slides(package, limits, document);
  MP_TRY(slides.authors(authors));
  for (const pugi::xml_node slide : child_of(file.main->root(), "sldIdLst")) {
    // Both `id` and `r:id` stand here; the second one names the part.
    std::string id;
    for (const pugi::xml_attribute attribute : slide.attributes()) {
      if (std::string_view(attribute.name()).ends_with(":id")) id = attribute.value();
    }
    const auto part = targets.find(id);
    if (part == targets.end()) continue;
    if (++document.pages > limits.pages) return exhausted("more slides than the limit of ", limits.pages);
    MP_TRY(slides.slide(part->second, document.pages));
  }
  slides.settle();
  if (document.title.empty()) {
    for (const Element& element : document.elements) {
      if (element.kind != ElementKind::kTitle) continue;
      document.title = element.text;
      break;
    }
  }
  return document;
}

}  // namespace millpond::extract
