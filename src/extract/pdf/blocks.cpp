#include "extract/pdf/blocks.h"

#include <algorithm>
#include <cmath>

#include "extract/pdf/characters.h"
#include "extract/pdf/row_table.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kPrintedPitchEm = 1.6f;  // lines further apart than this have a blank one between them
constexpr float kRowPitchMaxEm = 2.6f;   // rows of a table stand further apart than lines of a paragraph

bool digit(char c) { return c >= '0' && c <= '9'; }
bool ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool ends_sentence(std::string_view text) {
  while (!text.empty() && (text.back() == ')' || text.back() == '"' || text.back() == '\'')) text.remove_suffix(1);
  const char32_t c = last_code(text);
  return c == '.' || c == '!' || c == '?' || c == ':' || c == 0x3002 || c == 0xFF01 || c == 0xFF1F;
}

/// Length of a bullet with the space after it; 0 if the text does not start with one.
std::size_t bullet_length(std::string_view text) {
  std::size_t at = 0;
  if (text.empty() || !is_bullet(next_code(text, at))) return 0;
  if (at == text.size()) return at;
  if (text[at] == ' ') return at + 1;
  return first_code(text) == 0x2022 ? at : 0;
}

Box around(const Box& a, const Box& b) {
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

/// Letters, digits, hyphens and all that is not ASCII.
bool in_word(char c) { return ascii_letter(c) || digit(c) || c == '-' || static_cast<signed char>(c) < 0; }

std::string_view last_word(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && in_word(text[begin - 1])) --begin;
  return text.substr(begin);
}

std::string_view first_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && in_word(text[end])) ++end;
  return text.substr(0, end);
}

/// Builds the blocks of one column.
class ColumnBlocks {
 public:
  ColumnBlocks(const PageLines& page, const Column& column, const HyphenWords& words, float body_size, bool as_printed,
               std::vector<Block>& out)
      : page_(page), column_(column), words_(words), body_size_(body_size), as_printed_(as_printed), out_(out) {}

  void make() {
    for (std::size_t i = 0; i < column_.lines.size(); ++i) {
      const Line& line = column_.lines[i];
      const Line* next = i + 1 < column_.lines.size() ? &column_.lines[i + 1] : nullptr;
      if (line.table >= 0) {
        finish();
        append_table(line);
        continue;
      }
      if (line.text.empty()) continue;
      if (line.formula) {
        finish();
        append_formula(line);
        continue;
      }
      const Join join = first_ ? join_of(line, next) : Join::kNew;
      if (join == Join::kNew) {
        finish();
        begin(line);
      } else {
        extend(line, join == Join::kNewLine);
      }
      previous_ = &line;
    }
    finish();
  }

 private:
  enum class Join { kNew, kSpace, kNewLine };

  bool is_code(const Line& line) const { return line.code; }
  bool is_row(const Line& line) const { return line.cells.size() >= 2 && !is_code(line) && !starts_item(line); }
  bool starts_item(const Line& line) const {
    return !is_code(line) && (bullet_length(line.text) > 0 || number_length(line.text) > 0);
  }
  bool is_large(const Line& line) const { return line.style.size > 1.12f * body_size_; }

  /// Baseline distance that lines of this size keep within a paragraph.
  float pitch(const Line& line) const {
    if (pitch_ > 0) return pitch_;
    const bool usual = std::abs(line.style.size - column_.size) <= 0.05f * column_.size;
    return (usual ? column_.pitch_em : 1.25f) * line.style.size;
  }

  Join join_of(const Line& line, const Line* next) const {
    const Line& p = *previous_;
    if (line.furniture != p.furniture || (!as_printed_ && (is_code(line) != is_code(p) || p.leader))) return Join::kNew;
    if (line.furniture) return Join::kNew;
    const float size = std::max(p.style.size, line.style.size);
    const float distance = line.baseline - p.baseline;
    if (as_printed_) return std::abs(distance) < kPrintedPitchEm * size ? Join::kNewLine : Join::kNew;
    if (std::abs(p.style.size - line.style.size) > 0.12f * size) return Join::kNew;
    if (is_code(line)) return distance < 2.6f * size ? Join::kNewLine : Join::kNew;
    const bool rows = is_row(line) && is_row(p) && distance >= 0.8f * size && distance < kRowPitchMaxEm * size;
    if (p.style.bold != line.style.bold && !(rows && alike_cells(p, line))) return Join::kNew;
    if (rows) return Join::kNewLine;
    if (distance > std::max(1.3f * pitch(p), pitch(p) + 1.5f) || distance < 0.3f * size) return Join::kNew;
    if (is_row(line) && is_row(p)) return Join::kNewLine;
    if (is_row(p) && line.leader) return Join::kNew;
    if (is_row(line) != is_row(p) && !(is_row(p) && is_full(p, line))) return Join::kNew;
    if (starts_item(line) && !continues_sentence(line)) return Join::kNew;
    const bool heading_like = is_large(line) || line.style.bold;
    if (heading_like) return Join::kSpace;
    if (block_.kind == ElementKind::kListItem) return join_item(line);
    return join_paragraph(line, next);
  }

  /// Whether two rows of different weight (the head of a table, its sum) have the same columns, but for one.
  static bool alike_cells(const Line& a, const Line& b) {
    const auto more = std::max(a.cells.size(), b.cells.size()), fewer = std::min(a.cells.size(), b.cells.size());
    if (fewer < 2 || more > fewer + 1) return false;
    std::size_t below = 0;  // cells of one that lie over or under a cell of the other
    for (const Cell& cell : a.cells) {
      below += std::any_of(b.cells.begin(), b.cells.end(),
                           [&](const Cell& other) { return cell.x0 < other.x1 && other.x0 < cell.x1; });
    }
    return below >= fewer;
  }

  /// A number at the start of a line that is in the middle of a sentence: "... as shown in section / 4. This ..."
  bool continues_sentence(const Line& line) const {
    if (bullet_length(line.text) > 0) return false;
    return is_full(*previous_, line) && !ends_sentence(previous_->text) && block_.kind != ElementKind::kListItem &&
           std::abs(line.box.x0 - previous_->box.x0) < 0.3f * line.style.size;
  }

  /// The next line's first word would not have fitted.
  bool is_full(const Line& p, const Line& next) const {
    return p.box.x1 + 0.3f * next.style.size + next.first_word_width > column_.right - 0.9f * next.style.size;
  }

  Join join_item(const Line& line) const {
    const float em = line.style.size;
    if (line.box.x0 < block_.marker_x - 0.5f * em) return Join::kNew;
    if (line.box.x0 > block_.marker_x + 0.4f * em) {
      const bool aligned = lines_ == 1 || std::abs(line.box.x0 - previous_->box.x0) < 0.6f * em;
      return aligned ? (is_full(*previous_, line) ? Join::kSpace : Join::kNewLine) : Join::kNew;
    }
    return is_full(*previous_, line) && !ends_sentence(previous_->text) ? Join::kSpace : Join::kNew;
  }

  Join join_paragraph(const Line& line, const Line* next) const {
    const Line& p = *previous_;
    const float em = line.style.size;
    if (line.leader && line.box.x0 < p.box.x0 + 0.4f * em) return Join::kNew;
    const bool near = std::abs(line.box.x0 - p.box.x0) < 3.5f * em;
    if (near && is_full(p, line) && !ends_sentence(p.text)) return Join::kSpace;
    const float centre = std::abs((line.box.x0 + line.box.x1) - (p.box.x0 + p.box.x1)) / 2;
    if (centre < 1.5f && std::abs(line.box.x0 - p.box.x0) > em) return Join::kSpace;  // centred
    if (line.box.x0 > p.box.x0 + 0.8f * em) {
      // Indented: the first line of the next paragraph, unless this one hangs (bibliographies, definitions).
      const bool hangs = lines_ == 1 && next && std::abs(next->box.x0 - line.box.x0) < 0.4f * em && is_full(p, line);
      if (!hangs) return Join::kNew;
      return Join::kSpace;
    }
    if (line.box.x0 < p.box.x0 - 0.8f * em && lines_ > 1) return Join::kNew;
    if (is_full(p, line)) return Join::kSpace;
    return ends_sentence(p.text) ? Join::kNew : Join::kNewLine;
  }

  void begin(const Line& line) {
    block_ = {};
    block_.page = page_.number;
    block_.box = line.box;
    block_.style = line.style;
    block_.leader = line.leader;
    block_.marker_x = line.box.x0;
    first_ = &line;
    lines_ = 1;
    pitch_ = 0;
    rows_.clear();
    block_.chars = line.chars;
    std::string_view text = line.text;
    if (line.furniture) {
      const float middle = (line.box.y0 + line.box.y1) / 2;
      block_.kind = middle < header_limit() ? ElementKind::kHeader : ElementKind::kFooter;
    } else if (is_code(line)) {
      block_.kind = ElementKind::kCode;
    } else if (line.leader) {
      block_.kind = ElementKind::kListItem;
    } else if (const std::size_t bullet = bullet_length(text); bullet > 0 && bullet < text.size()) {
      block_.kind = ElementKind::kListItem;
      if (!as_printed_) text.remove_prefix(bullet);
    } else if (number_length(text) > 0) {
      block_.kind = ElementKind::kListItem;
      block_.numbered = true;
    }
    if (is_row(line) && !as_printed_) {
      append_cells(line);
    } else {
      block_.text = text;
    }
  }

  void extend(const Line& line, bool new_line) {
    if (lines_ == 1) pitch_ = line.baseline - previous_->baseline;
    if (is_code(line) && !as_printed_) {
      append_code(line);
    } else if (is_row(line) && !as_printed_) {
      block_.text += '\n';
      append_cells(line);
    } else if (new_line || as_printed_) {
      block_.text += '\n';
      block_.text += line.text;
    } else {
      append_joined(line);
    }
    block_.box = around(block_.box, line.box);
    block_.chars += line.chars;
    ++lines_;
  }

  void append_joined(const Line& line) {
    std::string& text = block_.text;
    if (text.ends_with('-') && text.size() > 1 && is_lower(first_code(line.text))) {
      const std::string_view before = last_word(text);
      const std::string joined = std::string(before) + std::string(first_word(line.text));
      const bool letter = before.size() > 1 && is_letter(last_code(before.substr(0, before.size() - 1)));
      if (letter && !words_.contains(joined)) text.pop_back();
    } else if (!text.ends_with('-') && !(is_spaceless(last_code(text)) && is_spaceless(first_code(line.text)))) {
      text += ' ';
    }
    text += line.text;
  }

  void append_code(const Line& line) {
    const float em = line.style.size;
    const auto blanks = static_cast<int>((line.baseline - previous_->baseline) / (1.7f * em));
    block_.text.append(static_cast<std::size_t>(std::clamp(blanks, 0, 1)) + 1, '\n');
    const float indent = (line.box.x0 - column_code_left()) / (0.6f * em);
    block_.text.append(static_cast<std::size_t>(std::clamp(std::lround(indent), 0l, 60l)), ' ');
    block_.text += line.text;
  }

  /// Where the leftmost line of the code at hand starts.
  float column_code_left() const {
    float left = first_->box.x0;
    for (const Line* line = first_; line < column_.lines.data() + column_.lines.size() && is_code(*line); ++line) {
      left = std::min(left, line->box.x0);
    }
    return left;
  }

  void append_table(const Line& line) {
    const TableGrid& grid = page_.tables[static_cast<std::size_t>(line.table)].grid;
    Block block;
    block.kind = ElementKind::kTable;
    block.page = page_.number;
    block.box = line.box;
    block.style = line.style;
    block.text = table_text(grid);
    block.html = table_html(grid);
    block.lines = grid.rows;
    block.marker_x = line.box.x0;
    out_.push_back(std::move(block));
  }

  void append_formula(const Line& line) {
    Block block;
    block.kind = ElementKind::kFormula;
    block.page = page_.number;
    block.box = line.box;
    block.style = line.style;
    block.text = line.text;
    block.lines = 1;
    block.chars = line.chars;
    block.marker_x = line.box.x0;
    out_.push_back(std::move(block));
  }

  void append_cells(const Line& line) {
    rows_.push_back(&line);
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      const std::size_t end = i + 1 < line.cells.size() ? line.cells[i + 1].begin : line.text.size();
      std::string_view cell = std::string_view(line.text).substr(line.cells[i].begin, end - line.cells[i].begin);
      while (cell.ends_with(' ')) cell.remove_suffix(1);
      if (i > 0) block_.text += '\t';
      block_.text += cell;
    }
  }

  float header_limit() const {
    float top = 1e9f, bottom = 0;
    for (const Column& column : page_.columns) {
      for (const Line& line : column.lines) top = std::min(top, line.box.y0), bottom = std::max(bottom, line.box.y1);
    }
    return (top + bottom) / 2;
  }

  void finish() {
    if (!first_) return;
    block_.lines = lines_;
    normalize(block_.text);
    if (block_.kind == ElementKind::kParagraph && rows_.size() == static_cast<std::size_t>(lines_)) {
      if (std::optional<RowTable> table = align_rows(rows_)) {
        block_.kind = ElementKind::kTable;
        block_.text = std::move(table->text);
        block_.html = std::move(table->html);
      }
    }
    if (!block_.text.empty()) out_.push_back(std::move(block_));
    first_ = nullptr;
  }

  const PageLines& page_;
  const Column& column_;
  const HyphenWords& words_;
  const float body_size_;
  const bool as_printed_;
  std::vector<Block>& out_;
  Block block_;
  const Line* first_ = nullptr;
  const Line* previous_ = nullptr;
  std::vector<const Line*> rows_;  // the lines of the block that are rows of cells
  int lines_ = 0;
  float pitch_ = 0;
};

}  // namespace

std::size_t number_length(std::string_view text) {
  std::size_t at = 0;
  const bool open = text.starts_with('(');
  if (open) ++at;
  const std::size_t begin = at;
  while (at < text.size() && digit(text[at])) ++at;
  if (at == begin) {  // a letter or a roman number
    while (at < text.size() && ascii_letter(text[at]) && at - begin < 4) ++at;
    const std::string_view word = text.substr(begin, at - begin);
    const bool roman = word.find_first_not_of("ivx") == word.npos || word.find_first_not_of("IVX") == word.npos;
    if (word.empty() || (word.size() > 1 && !roman)) return 0;
  } else {
    if (at - begin > 3) return 0;
    while (at + 1 < text.size() && text[at] == '.' && digit(text[at + 1])) {
      ++at;
      while (at < text.size() && digit(text[at])) ++at;
    }
  }
  if (at >= text.size() || (text[at] != '.' && text[at] != ')')) return 0;
  if (open && text[at] != ')') return 0;
  ++at;
  return at < text.size() && text[at] == ' ' ? at + 1 : 0;
}

void collect_hyphen_words(const PageLines& page, HyphenWords& words) {
  for (const Column& column : page.columns) {
    for (const Line& line : column.lines) {
      const std::string_view text = line.text;
      for (std::size_t at = text.find('-'); at != text.npos; at = text.find('-', at + 1)) {
        const std::string_view before = last_word(text.substr(0, at)), after = first_word(text.substr(at + 1));
        if (before.empty() || after.empty()) continue;
        words.emplace(before.data(), before.size() + 1 + after.size());
      }
    }
  }
}

void make_blocks(const PageLines& page, const HyphenWords& words, float body_size, bool as_printed,
                 std::vector<Block>& out) {
  for (const Column& column : page.columns) ColumnBlocks(page, column, words, body_size, as_printed, out).make();
}

}  // namespace millpond::extract::pdf
