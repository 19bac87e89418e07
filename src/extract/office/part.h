#pragma once
// The XML parts of an Office package.

#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "extract/office/package.h"

namespace millpond::extract {

/// One XML part; it owns the text that its nodes point into.
struct XmlPart {
  std::string text;
  pugi::xml_document xml;

  /// Missing and broken side parts leave the document without what they say; limits are errors.
  Status load(Package& package, const std::string& name);
  pugi::xml_node root() const { return xml.document_element(); }
};

/// An opened file of Office Open XML.
struct OfficeFile {
  Package package;
  std::string main_name;
  std::unique_ptr<XmlPart> main;  ///< the part that holds the text, or the list of slides or sheets
};

/// Opens a file whose main part has this root; `fallback` names that part where relations are missing.
/// Errors: those of `Package::open`; kInvalidArgument if it is another kind of document ("not a presentation").
Result<OfficeFile> open_office(std::string_view bytes, const Limits& limits, std::string_view root,
                               std::string_view what, const std::string& fallback);

/// Title, language and metadata from the package's properties.
Status read_core_properties(Package& package, Document& document);

/// The text below a node of DrawingML or SpreadsheetML: all `t` and `v` elements, a line a paragraph.
std::string text_below(const pugi::xml_node& node);

/// Whether a picture's description is the guess of the program that saved the file.
bool written_by_program(std::string_view description);

/// "[author: Jane, time: 2026-01-31T12:00:00]: text"; without the time if it is empty.
std::string comment_text(std::string_view author, std::string_view time, std::string_view text);

/// "0.30000000000000004" as "0.3": 15 digits, as a spreadsheet shows at most; other text as it is.
std::string shown_number(std::string_view stored);

}  // namespace millpond::extract
