#pragma once
// Puts a document together and keeps the promises of the document model: clean text, and no more of it than allowed.

#include <string>
#include <string_view>
#include <vector>

#include "millpond/extract/document.h"
#include "millpond/extract/render.h"

namespace millpond::extract {

/// Errors are kept: `status` has the first one, after which nothing is added. Threads: one.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(const Limits& limits) : limits_(limits) {}

  /// `text` collapsed to one line; nothing happens for white space alone. Broken UTF-8 is repaired.
  void add(ElementKind kind, std::string_view text, int level = 0);
  void title(int level, std::string_view text) { add(ElementKind::kTitle, text, level); }
  void paragraph(std::string_view text) { add(ElementKind::kParagraph, text); }
  void item(int level, std::string_view text) { add(ElementKind::kListItem, text, level); }
  /// As `add`, but line breaks stay.
  void add_lines(ElementKind kind, std::string_view text, int level = 0);
  /// As it is laid out: line breaks and indentation stay.
  void code(std::string_view text, ElementKind kind = ElementKind::kCode);
  /// A figure, also without any text. `ticket`: as `Pictures::keep` gives it.
  void figure(std::string_view description, int ticket);
  void table(TableGrid grid);
  /// Rows of cells of any length; the first `head_rows` are headers.
  void table(const std::vector<std::vector<std::string>>& rows, int head_rows);
  void metadata(std::string_view key, std::string_view value);  ///< the first value of a key stays

  void set_page(int page);  ///< for the elements that follow; `pages` of the document follows
  const Status& status() const { return status_; }
  /// Takes the document; its title is the first title element unless it has one.
  Result<Document> finish();

  Document document;

 private:
  void push(ElementKind kind, std::string text, int level, std::string html);

  const Limits& limits_;
  Status status_;
  std::int64_t written_bytes_ = 0;
  int page_ = 0;
};

/// The grid of rows of cells; rows may differ in length.
TableGrid grid_of_rows(const std::vector<std::vector<std::string>>& rows, int head_rows);

/// Errors: kResourceExhausted if the file is larger than `limits.input_bytes`.
Status check_input(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
