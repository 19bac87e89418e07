#include "extract/document_builder.h"

#include <algorithm>

#include "extract/text/clean.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

constexpr int kLevelMax = 64;

/// Valid UTF-8: `text`, or `owned` if it had to be repaired.
std::string_view valid(std::string_view text, std::string& owned) {
  if (valid_utf8_prefix(text) == text.size()) return text;
  owned = repair_utf8(text);
  return owned;
}

}  // namespace

void DocumentBuilder::push(ElementKind kind, std::string text, int level, std::string html) {
  if (!status_.ok() || text.empty()) return;
  written_bytes_ += static_cast<std::int64_t>(text.size() + html.size());
  if (written_bytes_ > limits_.output_bytes) {
    status_ = exhausted("text is longer than the limit of ", limits_.output_bytes, " bytes");
    return;
  }
  Element& element = document.elements.emplace_back();
  element.kind = kind;
  const bool levelled = kind == ElementKind::kTitle || kind == ElementKind::kListItem;
  element.level = levelled ? std::clamp(level, 1, kLevelMax) : 0;
  element.text = std::move(text);
  element.html = std::move(html);
  element.page = page_;
}

void DocumentBuilder::add(ElementKind kind, std::string_view text, int level) {
  std::string owned;
  push(kind, clean(valid(text, owned)), level, {});
}

void DocumentBuilder::add_lines(ElementKind kind, std::string_view text, int level) {
  std::string owned, out;
  text = valid(text, owned);
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (std::string line = clean(text.substr(0, end)); !line.empty()) (out += out.empty() ? "" : "\n") += line;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  push(kind, std::move(out), level, {});
}

void DocumentBuilder::code(std::string_view text, ElementKind kind) {
  std::string owned, out;
  append_verbatim(out, valid(text, owned));
  trim_lines(out);
  normalize(out);
  push(kind, std::move(out), 0, {});
}

void DocumentBuilder::figure(std::string_view description, int ticket) {
  if (!status_.ok()) return;
  Element& element = document.elements.emplace_back();
  element.kind = ElementKind::kFigure;
  element.level = ticket;
  element.page = page_;
  std::string owned;
  element.text = clean(valid(description, owned));
  written_bytes_ += std::int64_t(element.text.size());
}

void DocumentBuilder::table(TableGrid grid) {
  if (!status_.ok()) return;
  std::string owned;
  bool any = false;
  for (TableCell& cell : grid.cells) {
    cell.text = clean(valid(cell.text, owned));
    any = any || !cell.text.empty();
  }
  if (!any) return;
  push(ElementKind::kTable, table_text(grid), 0, table_html(grid));
}

void DocumentBuilder::table(const std::vector<std::vector<std::string>>& rows, int head_rows) {
  table(grid_of_rows(rows, head_rows));
}

void DocumentBuilder::metadata(std::string_view key, std::string_view value) {
  std::string owned_key, owned;
  std::string name = clean(valid(key, owned_key)), text = clean(valid(value, owned));
  if (!name.empty() && !text.empty()) document.metadata.try_emplace(std::move(name), std::move(text));
}

void DocumentBuilder::set_page(int page) {
  page_ = page;
  if (page > limits_.pages && status_.ok()) status_ = exhausted("more pages than the limit of ", limits_.pages);
  document.pages = std::max(document.pages, page);
}

Result<Document> DocumentBuilder::finish() {
  MP_TRY(status_);
  if (document.title.empty()) {
    const auto first = std::find_if(document.elements.begin(), document.elements.end(),
                                    [](const Element& element) { return element.kind == ElementKind::kTitle; });
    if (first != document.elements.end()) document.title = first->text;
  }
  return std::move(document);
}

TableGrid grid_of_rows(const std::vector<std::vector<std::string>>& rows, int head_rows) {
  TableGrid grid;
  for (const std::vector<std::string>& row : rows) {
    int column = 0;
    for (const std::string& text : row) {
      grid.cells.push_back({text, grid.rows, column++, 1, 1, grid.rows < head_rows});
    }
    grid.columns = std::max(grid.columns, column);
    ++grid.rows;
  }
  return grid;
}

Status check_input(std::string_view bytes, const Limits& limits) {
  if (std::int64_t(bytes.size()) <= limits.input_bytes) return {};
  return exhausted("the file passes input_bytes: ", bytes.size()).hint("Raise input_bytes, or split the file.");
}

}  // namespace millpond::extract
