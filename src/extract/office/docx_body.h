#pragma once
// The body of a .docx: paragraphs, runs, tables and notes to elements.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "extract/office/docx_styles.h"
#include "extract/office/docx_table.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

/// The texts of footnotes.xml or endnotes.xml by id.
using Notes = std::map<std::string, pugi::xml_node, std::less<>>;

/// Writes elements in the order of the text; footnotes follow the block that refers to them, endnotes stand at the end.
class DocxBody {
 public:
  DocxBody(const Styles& styles, Numbering& numbering, const Limits& limits, Document& document)
      : styles_(styles), numbering_(numbering), limits_(limits), document_(document) {}

  Notes footnotes, endnotes;
  /// Reads the chart or diagram with this id of a relation; none if it is empty.
  std::function<Status(std::string_view id, Document& to)> read_drawing;

  /// Keeps the picture with this id of a relation and returns the level of its figure; nothing if there is none.
  std::function<std::optional<int>(std::string_view id)> read_picture;

  Status write(const pugi::xml_node& body);
  Status write_endnotes();

 private:
  struct Paragraph {
    pugi::xml_node node;
    const ParagraphStyle* style = nullptr;
    int outline = 0;
    std::string list;
    int list_level = 0;
    std::string text;
    bool joins_next = false;            ///< its mark was deleted: the next paragraph continues it
    std::vector<std::string> formulas;  ///< in the order of the text
  };

  Status walk(const pugi::xml_node& root);
  bool enter(const pugi::xml_node& node);
  void leave(const pugi::xml_node& node);
  void begin_paragraph(const pugi::xml_node& node);
  void read_properties(const pugi::xml_node& properties, Paragraph& paragraph);
  void end_paragraph();
  void finish_paragraph(Paragraph paragraph);
  bool begin_table(const pugi::xml_node& node);
  void end_table();
  void note(const pugi::xml_node& reference, bool footnote);
  void picture(const pugi::xml_node& properties);
  void old_picture(const pugi::xml_node& data);
  void add_picture(std::string text, std::string_view relation);
  void formula(const pugi::xml_node& math);
  void drawing(std::string_view id);
  std::string number_of(const Paragraph& paragraph);
  void append(std::string_view text);
  void add(ElementKind kind, int level, std::string text);
  void add(Element element);
  /// Whether the open table is the nearest one around `node`.
  bool in_open_table(const pugi::xml_node& node) const;
  bool in_table_cell() const { return !tables_.empty() && tables_.back()->in_cell(); }

  const Styles& styles_;
  Numbering& numbering_;
  const Limits& limits_;
  Document& document_;
  std::vector<Paragraph> paragraphs_;  // more than one inside text boxes
  std::vector<std::unique_ptr<DocxTable>> tables_;
  std::vector<pugi::xml_node> table_nodes_;
  std::vector<Element> boxes_;  // of text boxes, until their paragraph ends
  std::vector<std::pair<std::string, pugi::xml_node>> pending_notes_, pending_endnotes_;
  std::string carried_;  // text of a paragraph whose mark was deleted
  Status status_;        // of what is read on the way
  int notes_ = 0;
  bool in_note_ = false;
  std::int64_t written_bytes_ = 0;
};

/// A formula as TeX on one line.
std::string formula_tex(const pugi::xml_node& math);

}  // namespace millpond::extract
