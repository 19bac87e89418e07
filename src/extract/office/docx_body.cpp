#include "extract/office/docx_body.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "extract/office/part.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

int number(std::string_view text, int missing) {
  std::from_chars(text.data(), text.data() + text.size(), missing);
  return missing;
}

bool is_on(const pugi::xml_node& property) {
  if (!property) return false;
  const std::string_view value = attribute_of(property, "val");
  return value.empty() || (value != "0" && value != "false" && value != "off");
}

// What never holds text of the document: properties, deleted and moved-away text, field codes, fallbacks.
bool is_skipped(std::string_view name, const pugi::xml_node& node) {
  static constexpr std::string_view kSkipped[] = {
      "rPr",           "pPr",          "tblPr",    "tblGrid",       "trPr",        "tcPr",    "sectPr",
      "sdtPr",         "sdtEndPr",     "del",      "moveFrom",      "delText",     "rt",      "instrText",
      "annotationRef", "delInstrText", "proofErr", "bookmarkStart", "bookmarkEnd", "tblPrEx", "extLst"};
  if (name == "Fallback") return !child_of(node.parent(), "Choice").empty();
  return std::find(std::begin(kSkipped), std::end(kSkipped), name) != std::end(kSkipped);
}

// What tick boxes and arrows of the fonts for symbols are in Unicode; empty for their other pictures.
std::string_view symbol_of_font(std::string_view font, unsigned glyph) {
  struct Glyph {
    std::string_view font;
    unsigned glyph;
    std::string_view text;
  };
  static constexpr Glyph kGlyphs[] = {
      {"Wingdings", 0x6F, "\u2610"},   {"Wingdings", 0x72, "\u2610"},   {"Wingdings", 0x78, "\u2612"},
      {"Wingdings", 0xA8, "\u2610"},   {"Wingdings", 0xFB, "\u2717"},   {"Wingdings", 0xFC, "\u2713"},
      {"Wingdings", 0xFD, "\u2612"},   {"Wingdings", 0xFE, "\u2611"},   {"Wingdings", 0xDF, "\u2190"},
      {"Wingdings", 0xE0, "\u2192"},   {"Wingdings", 0xF0, "\u21D2"},   {"Wingdings 2", 0x4F, "\u2717"},
      {"Wingdings 2", 0x50, "\u2713"}, {"Wingdings 2", 0x51, "\u2612"}, {"Wingdings 2", 0x52, "\u2611"},
      {"Wingdings 2", 0x54, "\u2612"}, {"Wingdings 2", 0xA3, "\u2610"}, {"Symbol", 0x61, "\u03B1"},
      {"Symbol", 0x62, "\u03B2"},      {"Symbol", 0x67, "\u03B3"},      {"Symbol", 0x64, "\u03B4"},
      {"Symbol", 0x6C, "\u03BB"},      {"Symbol", 0x6D, "\u03BC"},      {"Symbol", 0x70, "\u03C0"},
      {"Symbol", 0x73, "\u03C3"},      {"Symbol", 0x57, "\u03A9"},      {"Symbol", 0x44, "\u0394"},
      {"Symbol", 0xA3, "\u2264"},      {"Symbol", 0xB3, "\u2265"},      {"Symbol", 0xB0, "\u00B0"},
      {"Symbol", 0xB1, "\u00B1"},      {"Symbol", 0xB4, "\u00D7"},      {"Symbol", 0xA5, "\u221E"},
      {"Symbol", 0xAE, "\u2192"},      {"Symbol", 0xAC, "\u2190"},      {"Symbol", 0xDE, "\u21D2"}};
  for (const Glyph& each : kGlyphs) {
    if (each.glyph == glyph && each.font == font) return each.text;
  }
  return {};
}

}  // namespace

Status DocxBody::write(const pugi::xml_node& body) {
  MP_TRY(walk(body));
  if (!carried_.empty()) add(ElementKind::kParagraph, 0, std::move(carried_));
  return {};
}

// Depth is bounded, time is linear, nothing recurses.
Status DocxBody::walk(const pugi::xml_node& root) {
  pugi::xml_node node = root;
  int depth = 0;
  // Six levels of XML make one level of a document's nesting (table, row, cell, paragraph, run, text).
  const int depth_max = std::max(limits_.depth, 16) * 6;
  while (true) {
    if (depth > depth_max) return exhausted("the document's XML is nested deeper than ", depth_max);
    if (enter(node) && node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    leave(node);
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
      leave(node);
    }
    if (node == root) return {};
    node = node.next_sibling();
    MP_TRY(status_);
    if (written_bytes_ > limits_.output_bytes) {
      return exhausted("the text of the document passes output_bytes: ", limits_.output_bytes);
    }
  }
}

bool DocxBody::enter(const pugi::xml_node& node) {
  if (node.type() != pugi::node_element) return false;
  const std::string_view name = local_name(node);
  if (name == "p") {
    begin_paragraph(node);
    return true;
  }
  if (name == "t") {
    append(node.text().get());
    return false;
  }
  if (is_skipped(name, node)) return false;
  if (name == "r") return !is_on(child_of(child_of(node, "rPr"), "vanish"));
  if (name == "tbl") return begin_table(node);
  if (name == "tr") {
    const pugi::xml_node properties = child_of(node, "trPr");
    if (child_of(properties, "del")) return false;
    if (in_open_table(node)) {
      tables_.back()->begin_row(is_on(child_of(properties, "tblHeader")),
                                number(attribute_of(child_of(properties, "gridBefore"), "val"), 0));
    }
    return true;
  }
  if (name == "tc" && in_open_table(node)) {
    const pugi::xml_node properties = child_of(node, "tcPr");
    const pugi::xml_node merge = child_of(properties, "vMerge");
    using Merge = DocxTable::Merge;
    const Merge kind = !merge                                    ? Merge::kNone
                       : attribute_of(merge, "val") == "restart" ? Merge::kStart
                                                                 : Merge::kContinue;
    tables_.back()->begin_cell(number(attribute_of(child_of(properties, "gridSpan"), "val"), 1), kind);
    return true;
  }
  if (name == "tab" || name == "ptab") {
    append("\t");
  } else if (name == "br" || name == "cr") {
    append("\n");
  } else if (name == "noBreakHyphen") {
    append("-");
  } else if (name == "sym") {
    const std::string_view hex = attribute_of(node, "char");
    unsigned point = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), point, 16);
    std::string text;
    if (point >= 0x20 && point < 0xE000)
      append_code_point(text, point);
    else  // glyphs of one font
      text = symbol_of_font(attribute_of(node, "font"), point & 0xFF);
    append(text);
  } else if (name == "footnoteReference" || name == "endnoteReference") {
    note(node, name[0] == 'f');
  } else if (name == "checkBox" && local_name(node.parent()) == "ffData") {
    const pugi::xml_node checked = child_of(node, "checked");
    append(is_on(checked ? checked : child_of(node, "default")) ? "\u2612" : "\u2610");
    return false;
  } else if (name == "docPr") {
    picture(node);
  } else if (name == "imagedata") {
    old_picture(node);
  } else if (name == "oMath" || name == "oMathPara") {
    formula(node);
    return false;
  } else if (name == "chart" && local_name(node.parent()) == "graphicData") {
    drawing(attribute_of(node, "id"));
    return false;
  } else if (name == "relIds" && local_name(node.parent()) == "graphicData") {
    drawing(attribute_of(node, "dm"));
    return false;
  }
  return true;
}

void DocxBody::leave(const pugi::xml_node& node) {
  const std::string_view name = local_name(node);
  if (name == "p" && !paragraphs_.empty() && paragraphs_.back().node == node) end_paragraph();
  if (table_nodes_.empty()) return;
  if (name == "tc" && in_open_table(node)) tables_.back()->end_cell();
  if (node == table_nodes_.back()) end_table();
}

void DocxBody::append(std::string_view text) {
  if (paragraphs_.empty() || text.empty()) return;
  Paragraph& paragraph = paragraphs_.back();
  if (paragraph.style->role == ParagraphStyle::Role::kCode) {
    append_verbatim(paragraph.text, text);
  } else if (text == "\t" || text == "\n") {
    while (!paragraph.text.empty() && paragraph.text.back() == ' ') paragraph.text.pop_back();
    if (!paragraph.text.empty()) paragraph.text += text;
  } else {
    append_collapsed(paragraph.text, text);
  }
}

void DocxBody::begin_paragraph(const pugi::xml_node& node) {
  Paragraph paragraph;
  paragraph.node = node;
  paragraph.style = &styles_.standard();
  read_properties(child_of(node, "pPr"), paragraph);
  if (paragraphs_.empty()) paragraph.text = std::exchange(carried_, {});
  paragraphs_.push_back(std::move(paragraph));
}

void DocxBody::read_properties(const pugi::xml_node& properties, Paragraph& paragraph) {
  if (const pugi::xml_node style = child_of(properties, "pStyle"))
    paragraph.style = &styles_.find(attribute_of(style, "val"));
  paragraph.outline = paragraph.style->outline;
  paragraph.list = paragraph.style->list;
  paragraph.list_level = paragraph.style->list_level;
  const int outline = number(attribute_of(child_of(properties, "outlineLvl"), "val"), -1);
  if (outline >= 0) paragraph.outline = outline < 9 ? outline + 1 : 0;
  if (const pugi::xml_node list = child_of(properties, "numPr")) {
    const pugi::xml_node id = child_of(list, "numId");
    if (id) paragraph.list = attribute_of(id, "val");
    paragraph.list_level = std::clamp(number(attribute_of(child_of(list, "ilvl"), "val"), paragraph.list_level), 0, 8);
  }
  if (paragraph.list == "0") paragraph.list.clear();
  const pugi::xml_node mark = child_of(properties, "rPr");
  paragraph.joins_next = child_of(mark, "del") || child_of(mark, "moveFrom");
}

void DocxBody::end_paragraph() {
  Paragraph paragraph = std::move(paragraphs_.back());
  paragraphs_.pop_back();
  if (paragraph.joins_next && paragraphs_.empty()) {
    carried_ = std::move(paragraph.text);
    return;
  }
  finish_paragraph(std::move(paragraph));
  if (!paragraphs_.empty()) return;
  for (Element& element : boxes_) add(std::move(element));
  boxes_.clear();
  if (!tables_.empty() || in_note_) return;
  // Notes are walked with the same machinery, one after the other.
  in_note_ = true;
  const auto notes = std::exchange(pending_notes_, {});
  for (const auto& [label, node] : notes) {
    const std::size_t first = document_.elements.size();
    if (!walk(node).ok()) break;
    for (std::size_t i = first; i < document_.elements.size(); ++i) {
      document_.elements[i].kind = ElementKind::kFootnote;
      document_.elements[i].level = 0;
    }
    if (first < document_.elements.size()) document_.elements[first].text.insert(0, label);
  }
  in_note_ = false;
}

void DocxBody::finish_paragraph(Paragraph paragraph) {
  using Role = ParagraphStyle::Role;
  const bool code = paragraph.style->role == Role::kCode;
  if (code)
    trim_lines(paragraph.text);
  else
    trim(paragraph.text);
  const std::string number = number_of(paragraph);
  if (in_table_cell()) {
    std::string& cell = tables_.back()->text();
    if (paragraph.text.empty()) return;
    if (!cell.empty()) cell += '\n';
    cell.append(number).append(paragraph.text);
    return;
  }
  if (paragraph.style->role == Role::kContents || paragraph.text.empty()) return;
  const bool heading = paragraph.outline > 0 || paragraph.style->role == Role::kTitle;
  std::string label = number + paragraph.text;
  if (heading) {
    std::replace(label.begin(), label.end(), '\n', ' ');
    std::replace(label.begin(), label.end(), '\t', ' ');
    if (paragraph.style->role == Role::kTitle && document_.title.empty()) document_.title = label;
    add(ElementKind::kTitle, std::max(1, paragraph.outline), std::move(label));
  } else if (paragraph.style->role == Role::kCaption) {
    add(ElementKind::kCaption, 0, std::move(label));
  } else if (code) {
    std::vector<Element>& out = document_.elements;
    if (paragraphs_.empty() && !out.empty() && out.back().kind == ElementKind::kCode) {
      out.back().text.append("\n").append(label);
      written_bytes_ += std::int64_t(label.size());
    } else {
      add(ElementKind::kCode, 0, std::move(label));
    }
  } else if (!paragraph.list.empty()) {
    add(ElementKind::kListItem, paragraph.list_level + 1, std::move(label));
  } else {
    std::string formulas;  // a paragraph that is nothing but formulas becomes them
    for (const std::string& each : paragraph.formulas) formulas.append(formulas.empty() ? "" : " ").append(each);
    if (formulas.empty() || formulas != paragraph.text) return add(ElementKind::kParagraph, 0, std::move(label));
    for (std::string& each : paragraph.formulas) add(ElementKind::kFormula, 0, std::move(each));
  }
}

// As a word processor counts: paragraphs without text, too, but not the table of contents.
std::string DocxBody::number_of(const Paragraph& paragraph) {
  if (paragraph.list.empty() || paragraph.style->role == ParagraphStyle::Role::kContents) return {};
  std::string number = numbering_.next(paragraph.list, paragraph.list_level);
  if (!number.empty()) number += ' ';
  return number;
}

void DocxBody::formula(const pugi::xml_node& math) {
  if (paragraphs_.empty()) return;
  if (local_name(math) == "oMathPara") {
    for (const pugi::xml_node child : math) {
      if (local_name(child) == "oMath") formula(child);
    }
    return;
  }
  std::string tex = formula_tex(math);
  if (tex.empty()) return;
  Paragraph& paragraph = paragraphs_.back();
  // Two formulas side by side are two, not one.
  const bool follows = !paragraph.formulas.empty() && paragraph.text.ends_with(paragraph.formulas.back());
  if (follows) append(" ");
  append(tex);
  paragraph.formulas.push_back(std::move(tex));
}

void DocxBody::drawing(std::string_view id) {
  if (!read_drawing || in_note_) return;  // the ids of notes belong to another part
  Document found;
  if (Status status = read_drawing(id, found); !status.ok()) status_ = std::move(status);
  for (Element& element : found.elements) boxes_.push_back(std::move(element));
}

bool DocxBody::in_open_table(const pugi::xml_node& node) const {
  if (table_nodes_.empty()) return false;
  pugi::xml_node above = node.parent();
  while (above && local_name(above) != "tbl") above = above.parent();
  return above == table_nodes_.back();
}

// A table of one cell only frames its text. Returns true: the children are read in either case.
bool DocxBody::begin_table(const pugi::xml_node& node) {
  if (in_table_cell()) return true;  // a nested table's text joins its cell
  int cells = 0;
  for (const pugi::xml_node row : node) {
    for (const pugi::xml_node cell : row) cells += local_name(cell) == "tc" || local_name(cell) == "sdt";
    if (cells > 1) break;
  }
  if (cells <= 1) return true;
  tables_.push_back(std::make_unique<DocxTable>());
  table_nodes_.push_back(node);
  return true;
}

void DocxBody::end_table() {
  Element element = tables_.back()->finish();
  tables_.pop_back();
  table_nodes_.pop_back();
  if (!element.text.empty()) add(std::move(element));
}

void DocxBody::note(const pugi::xml_node& reference, bool footnote) {
  const Notes& notes = footnote ? footnotes : endnotes;
  const auto found = notes.find(attribute_of(reference, "id"));
  if (found == notes.end() || in_note_) return;
  const std::string label = "[" + std::to_string(++notes_) + "]";
  append(label);
  (footnote ? pending_notes_ : pending_endnotes_).emplace_back(label + " ", found->second);
}

Status DocxBody::write_endnotes() {
  in_note_ = true;
  pending_notes_.insert(pending_notes_.end(), pending_endnotes_.begin(), pending_endnotes_.end());
  for (const auto& [label, node] : pending_notes_) {
    const std::size_t first = document_.elements.size();
    MP_TRY(walk(node));
    for (std::size_t i = first; i < document_.elements.size(); ++i) document_.elements[i].kind = ElementKind::kFootnote;
    if (first < document_.elements.size()) document_.elements[first].text.insert(0, label);
  }
  return {};
}

void DocxBody::picture(const pugi::xml_node& properties) {
  std::string text = clean(attribute_of(properties, "descr"));
  const pugi::xml_node blip =
      properties.parent().find_node([](const pugi::xml_node& node) { return local_name(node) == "blip"; });
  add_picture(std::move(text), blip ? attribute_of(blip, "embed") : std::string_view());
}

// Of Word up to 2007, and of what was pasted from there.
void DocxBody::old_picture(const pugi::xml_node& data) {
  add_picture(clean(attribute_of(data.parent(), "alt")), attribute_of(data, "id"));
}

void DocxBody::add_picture(std::string text, std::string_view relation) {
  Element element;
  std::optional<int> level;
  if (read_picture && !in_note_ && !relation.empty()) level = read_picture(relation);  // ids of notes: another part's
  const bool says_nothing = text.size() < 8 || text.find(' ') == text.npos || written_by_program(text);
  if (says_nothing && !level) return;
  if (says_nothing) text.clear();
  element.kind = ElementKind::kFigure;
  element.level = level.value_or(0);
  element.text = std::move(text);
  boxes_.push_back(std::move(element));
}

void DocxBody::add(ElementKind kind, int level, std::string text) {
  Element element;
  element.kind = kind;
  element.level = level;
  element.text = std::move(text);
  normalize(element.text);
  // What a text box holds follows the paragraph that anchors it.
  if (!paragraphs_.empty())
    boxes_.push_back(std::move(element));
  else
    add(std::move(element));
}

void DocxBody::add(Element element) {
  written_bytes_ += std::int64_t(element.text.size() + element.html.size());
  document_.elements.push_back(std::move(element));
}

}  // namespace millpond::extract
