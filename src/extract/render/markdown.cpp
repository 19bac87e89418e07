// A document as Markdown.

#include <algorithm>

#include "millpond/extract/render.h"

namespace millpond::extract {
namespace {

/// A cell on one line, its pipes escaped.
void append_cell(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' || c == '\t' ? ' ' : c;
  }
}

std::string table_of(const Element& element) {
  const TableGrid grid = read_table(element.html);
  if (grid.cells.empty() || std::int64_t{grid.rows} * grid.columns > 2'000'000) return element.text + '\n';
  std::vector<const TableCell*> slots(static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns));
  for (const TableCell& cell : grid.cells) {
    for (int r = cell.row; r < std::min(grid.rows, cell.row + cell.rows); ++r) {
      for (int c = cell.column; c < std::min(grid.columns, cell.column + cell.columns); ++c) {
        slots[static_cast<std::size_t>(r) * static_cast<std::size_t>(grid.columns) + static_cast<std::size_t>(c)] =
            &cell;
      }
    }
  }
  std::string out;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::size_t columns = static_cast<std::size_t>(grid.columns);
    out += i % columns == 0 ? "| " : " ";
    if (slots[i]) append_cell(out, slots[i]->text);
    out += " |";
    if (i % columns + 1 < columns) continue;
    out += '\n';
    if (i + 1 != columns) continue;
    for (std::size_t c = 0; c < columns; ++c) out += c == 0 ? "| - |" : " - |";
    out += '\n';
  }
  return out;
}

/// A fence longer than any run of backticks within.
std::string fenced(std::string_view text) {
  std::size_t longest = 0, here = 0;
  for (const char c : text) longest = std::max(longest, here = c == '`' ? here + 1 : 0);
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  return fence + '\n' + std::string(text) + '\n' + fence + '\n';
}

bool numbered(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  return end != 0 && end != text.npos && end < 10 && (text[end] == '.' || text[end] == ')') && end + 1 < text.size() &&
         text[end + 1] == ' ';
}

/// A picture, its description within; text that is longer than one stands behind it.
std::string picture_of(const Element& element, std::string_view link) {
  std::string out = "![";
  const std::string description = picture_description(element.text);
  for (const char c : description) {
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  out.append("](").append(link).append(")\n");
  if (description.empty() && !element.text.empty()) out += '\n' + element.text + '\n';
  return out;
}

std::string block_of(const Element& element, std::string_view link) {
  using Kind = ElementKind;
  switch (element.kind) {
    case Kind::kTitle:
      return std::string(static_cast<std::size_t>(std::clamp(element.level, 1, 6)), '#') + ' ' + element.text + '\n';
    case Kind::kListItem: {
      std::string indent(static_cast<std::size_t>(std::clamp(element.level - 1, 0, 20)) * 2, ' ');
      return indent + (numbered(element.text) ? "" : "- ") + element.text + '\n';
    }
    case Kind::kCode: return fenced(element.text);
    case Kind::kFormula: return "$$\n" + element.text + "\n$$\n";
    case Kind::kTable: return table_of(element);
    case Kind::kFigure:
      if (!link.empty()) return picture_of(element, link);
      return element.text.empty() ? std::string() : element.text + '\n';
    case Kind::kHeader:
    case Kind::kFooter:
    case Kind::kPageBreak: return {};
    default: return element.text + '\n';
  }
}

}  // namespace

std::string picture_description(std::string_view text) {
  constexpr std::size_t kDescriptionBytes = 200;
  const bool line = text.size() <= kDescriptionBytes && text.find('\n') == text.npos;
  return line ? std::string(text) : std::string();
}

std::string link_of_path(std::string_view path) {
  static constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (kPlain.find(c) != kPlain.npos) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::string to_markdown(const Document& document, std::span<const std::string> picture_links) {
  std::string out;
  bool after_item = false;
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    const Element& element = document.elements[i];
    const std::string block =
        block_of(element, i < picture_links.size() ? std::string_view(picture_links[i]) : std::string_view());
    if (block.empty()) continue;
    const bool item = element.kind == ElementKind::kListItem;
    if (!out.empty() && !(item && after_item)) out += '\n';
    out += block;
    after_item = item;
  }
  return out;
}

// A title above an article's text that is as long as this is no section's: it says what the article is about.
constexpr std::size_t kDeckBytes = 80;

std::string to_text(const Document& document, bool with_furniture) {
  using Kind = ElementKind;
  const auto type = document.metadata.find("type");
  const bool article = type != document.metadata.end() && type->second == "article" && !with_furniture;
  bool above_text = article;  // where the headline and its deck stand
  std::string out;
  const auto append = [&](const Element& element) {
    if (!out.empty() && element.kind != Kind::kListItem) out += '\n';
    out += element.text;
    out += '\n';
  };
  std::vector<const Element*> notes;  // of the chapter at hand: at the foot of a page they would cut its text in two
  const auto append_notes = [&] {
    for (const Element* note : notes) append(*note);
    notes.clear();
  };
  for (const Element& element : document.elements) {
    const bool furniture = element.kind == Kind::kHeader || element.kind == Kind::kFooter;
    if (element.text.empty() || (furniture && !with_furniture)) continue;
    if (article && (element.kind == Kind::kFigure || element.kind == Kind::kCaption)) continue;
    const bool title = element.kind == Kind::kTitle;
    if (above_text && title && (element.level <= 1 || element.text.size() > kDeckBytes)) continue;
    above_text = false;
    if (title && element.level <= 1) append_notes();
    if (element.kind == Kind::kFootnote && element.page > 0 && !with_furniture)
      notes.push_back(&element);
    else
      append(element);
  }
  append_notes();
  return out;
}

}  // namespace millpond::extract
