// AsciiDoc.

#include <algorithm>
#include <charconv>
#include <map>

#include "extract/document_builder.h"
#include "extract/markup/asciidoc_inline.h"
#include "extract/markup/source_lines.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/markup.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kCellsMax = 1'000'000;

/// Depth of "** text" or ".. text"; 0 if the line is no list item. `length` is that of the mark with its space.
int item_depth(std::string_view text, std::size_t& length, bool& numbered) {
  length = 0;
  const char c = text.empty() ? '\0' : text[0];
  numbered = c == '.' || (c >= '0' && c <= '9');
  std::size_t count = 0;
  if (c >= '0' && c <= '9') {
    while (count < text.size() && count < 4 && text[count] >= '0' && text[count] <= '9') ++count;
    if (count + 1 >= text.size() || text[count] != '.' || text[count + 1] != ' ') return 0;
    length = count + 2;
    return 1;
  }
  if (c != '*' && c != '-' && c != '.') return 0;
  while (count < text.size() && text[count] == c) ++count;
  if (count > (c == '-' ? 1u : 6u) || count >= text.size() || text[count] != ' ') return 0;
  length = count + 1;
  for (const std::string_view box : {"[ ] ", "[x] ", "[*] "}) {
    if (text.substr(length).starts_with(box)) length += box.size();
  }
  return static_cast<int>(count);
}

class AsciiDoc {
 public:
  AsciiDoc(std::vector<SourceLine> lines, DocumentBuilder& out) : lines_(std::move(lines)), out_(out) {}

  Status run() {
    while (at_ < lines_.size()) {
      MP_TRY(out_.status());
      MP_TRY(line());
    }
    flush();
    return out_.status();
  }

 private:
  Status line() {
    const std::string_view text = lines_[at_].text, whole = lines_[at_].whole;
    if (text.empty()) {
      flush();
      if (at_ == 0 || !lines_[at_ - 1].text.starts_with('[')) style_ = {};
      ++at_;
      return {};
    }
    if (text.starts_with("//") && !text.starts_with("///")) return ++at_, Status();
    if (delimited(text)) return {};
    if (text.starts_with("|===") || text == "!===") return table();
    if (text == "+") return ++at_, flush(), after_plus_ = true, Status();
    if (heading(text)) return {};
    if (text.starts_with(':') && attribute(text)) return ++at_, Status();
    if (text.starts_with('[') && text.ends_with(']')) {
      flush();
      style_ = text.substr(1, text.size() - 2);
      list_level_ = 0;
      return ++at_, Status();
    }
    if (text[0] == '.' && text.size() > 1 && text[1] != ' ' && text[1] != '.') {
      flush();
      out_.add(ElementKind::kCaption, marks_.text(text.substr(1)));
      return ++at_, Status();
    }
    if (text == "'''" || text == "<<<" || text == "---" || text == "***") return flush(), ++at_, Status();
    if (block_macro(text)) return ++at_, Status();
    if (item(text) || term(text)) return ++at_, Status();
    if (run_.empty() && whole.starts_with(' ') && list_level_ == 0 && !after_term_) return literal_paragraph();
    after_term_ = false;
    (run_ += run_.empty() ? "" : " ") += text;
    if (run_.ends_with(" +")) run_.resize(run_.size() - 2);
    ++at_;
    return {};
  }

  void flush() {
    if (!run_.empty()) {
      const std::string text = marks_.text(run_);
      if (in_item_)
        out_.item(list_level_, text);
      else
        out_.paragraph(text);
      for (const std::string& note : marks_.notes) out_.add(ElementKind::kFootnote, note);
      marks_.notes.clear();
    }
    run_.clear();
    in_item_ = false;
  }

  bool heading(std::string_view text) {
    const std::size_t marks = std::min(text.find_first_not_of(text[0]), text.size());
    if ((text[0] != '=' && text[0] != '#') || marks > 6 || marks >= text.size() || text[marks] != ' ') return false;
    flush();
    list_level_ = 0;
    const bool first = out_.document.elements.empty() && marks == 1;
    out_.title(static_cast<int>(marks), marks_.text(trimmed_view(text.substr(marks))));
    ++at_;
    if (first) header();
    return true;
  }

  // Below the title of a document stand its author and its revision, without a blank line between.
  void header() {
    for (int i = 0; at_ < lines_.size() && !lines_[at_].blank(); ++at_) {
      const std::string_view text = lines_[at_].text;
      if (text.starts_with("//") || (text.starts_with(':') && attribute(text))) continue;
      if (i == 0) out_.metadata("author", text.substr(0, text.find('<')));
      if (i == 1) out_.metadata("revision", text);
      ++i;
    }
  }

  bool attribute(std::string_view text) {
    const std::size_t end = text.find(':', 1);
    if (end == text.npos || end == 1 || text.substr(1, end - 1).find(' ') != text.npos) return false;
    if (end + 1 < text.size() && text[end + 1] != ' ') return false;
    const std::string_view name = text.substr(1, end - 1), value = trimmed_view(text.substr(end + 1));
    marks_.attributes[std::string(name)] = std::string(value);
    if (name == "author" || name == "description" || name == "keywords") out_.metadata(name, value);
    if (name == "revdate") out_.metadata("created", value);
    if (name == "lang") out_.document.language = clean(value);
    return true;
  }

  bool delimited(std::string_view text) {
    const char mark = repeated(text, 4);
    const bool fence = text.starts_with("```");
    if (text == "--") return flush(), ++at_, true;  // an open block: its content is read as it stands
    if (!fence && (mark == 0 || std::string_view("-./=*_+").find(mark) == std::string_view::npos)) return false;
    flush();
    const std::string_view style = style_;
    style_ = {};
    ++at_;
    if (mark == '=' || mark == '*' || mark == '_') return true;
    std::size_t end = at_;
    const std::string_view close = fence ? text.substr(0, 3) : text;
    while (end < lines_.size() && lines_[end].text != close) ++end;
    if (mark == '+' && (style.starts_with("stem") || style.find("math") != style.npos))
      out_.code(dedented(lines_, at_, end), ElementKind::kFormula);
    else if (mark != '/' && mark != '+')
      out_.code(dedented(lines_, at_, end));
    at_ = std::min(lines_.size(), end + 1);
    return true;
  }

  Status literal_paragraph() {
    std::size_t end = at_;
    while (end < lines_.size() && !lines_[end].blank()) ++end;
    out_.code(dedented(lines_, at_, end));
    at_ = end;
    return {};
  }

  bool block_macro(std::string_view text) {
    const std::size_t mark = text.find("::");
    if (mark == text.npos || !text.ends_with(']') || text.substr(0, mark).find(' ') != text.npos) return false;
    const std::string_view name = text.substr(0, mark);
    if (name == "image") {
      flush();
      const std::size_t open = text.find('[', mark);
      std::string_view alt = open == text.npos ? std::string_view() : text.substr(open + 1, text.size() - open - 2);
      alt = alt.substr(0, alt.find(','));
      if (alt.find(' ') != alt.npos && alt.find('=') == alt.npos) out_.add(ElementKind::kFigure, alt);
      return true;
    }
    static constexpr std::string_view kDropped[] = {"include", "ifdef", "ifndef", "ifeval",
                                                    "endif",   "toc",   "video",  "audio"};
    return std::find(std::begin(kDropped), std::end(kDropped), name) != std::end(kDropped);
  }

  bool item(std::string_view text) {
    std::size_t length = 0;
    bool numbered = false;
    const int depth = item_depth(text, length, numbered);
    if (depth == 0 || (!run_.empty() && !in_item_ && !after_plus_ && list_level_ == 0)) return false;
    flush();
    // "." within "*" is a level deeper than "*", whatever its own depth.
    const std::string mark(text.substr(0, text[0] >= '0' && text[0] <= '9' ? 1 : length));
    const std::string kind = numbered && text[0] != '.' ? "1" : mark;
    const auto open = std::find(open_.begin(), open_.end(), kind);
    if (list_level_ == 0) open_.clear();
    if (list_level_ > 0 && open != open_.end()) {
      open_.erase(open + 1, open_.end());
    } else {
      open_.push_back(kind);
    }
    numbers_.resize(open_.size());
    list_level_ = static_cast<int>(open_.size());
    run_ = text.substr(length);
    if (numbered) run_.insert(0, std::to_string(++numbers_.back()) + ". ");
    in_item_ = true;
    after_plus_ = false;
    return true;
  }

  /// "term:: definition"
  bool term(std::string_view text) {
    std::size_t mark = text.find("::");
    if (mark == text.npos || mark == 0) return false;
    std::size_t end = mark;
    while (end < text.size() && text[end] == ':') ++end;
    if (end < text.size() && text[end] != ' ') return false;
    flush();
    out_.item(std::max(1, list_level_), marks_.text(text.substr(0, mark)));
    run_ = trimmed_view(text.substr(end));
    after_term_ = true;
    return true;
  }

  struct Cell {
    std::string text;
    int columns = 1, rows = 1;
  };

  /// Takes the mark of spans off the end of what stands before a bar: "2+", ".3+", "2.3+", and a style letter.
  static void take_spec(std::string& before, Cell& cell) {
    const std::size_t space = before.find_last_of(" \t");
    std::string_view spec(before);
    spec.remove_prefix(space == before.npos ? 0 : space + 1);
    if (spec.empty() || spec.find_first_not_of("0123456789.+*<^>adehlmsv") != spec.npos) return;
    const std::size_t plus = spec.find('+');
    if (plus == spec.npos && spec.size() > 2) return;
    if (plus == spec.npos && spec.find_first_of("0123456789.") != spec.npos) return;
    if (plus != spec.npos) {
      const std::size_t dot = spec.find('.');
      const auto number = [&](std::size_t from) {
        int value = 1;
        std::from_chars(spec.data() + from, spec.data() + plus, value);
        return std::clamp(value, 1, 1000);
      };
      if (dot == spec.npos || dot > 0) cell.columns = number(0);
      if (dot != spec.npos && dot < plus) cell.rows = number(dot + 1);
    }
    before.resize(before.size() - spec.size());
  }

  Status table() {
    flush();
    const std::string_view close = lines_[at_].text, style = style_;
    style_ = {};
    const char bar = close[0];
    std::vector<Cell> cells;
    std::size_t first_row = 0;
    bool header = style.find("header") != style.npos;
    std::size_t lines = 0;
    Cell next;
    for (++at_; at_ < lines_.size() && lines_[at_].text != close; ++at_) {
      std::string_view rest = lines_[at_].text;
      if (rest.empty()) {
        if (lines == 1 && !cells.empty()) header = true;
        continue;
      }
      ++lines;
      while (true) {
        const std::size_t end = std::min(rest.find(bar), rest.size());
        std::string before(rest.substr(0, end));
        const bool escaped = end > 0 && end < rest.size() && rest[end - 1] == '\\';
        next = {};
        if (end < rest.size() && !escaped) take_spec(before, next);
        if (!cells.empty()) cells.back().text.append(" ").append(before);
        if (end == rest.size()) break;
        if (escaped)
          cells.back().text += bar;
        else
          cells.push_back(next);
        if (cells.size() > kCellsMax) return exhausted("more cells than the limit of ", kCellsMax);
        rest.remove_prefix(end + 1);
      }
      if (first_row == 0) first_row = cells.size();
    }
    at_ = std::min(lines_.size(), at_ + 1);
    const std::size_t columns = columns_of(style, first_row == cells.size() ? 0 : first_row, first_row);
    write(cells, columns, header);
    return out_.status();
  }

  /// From cols="1,2,3" or cols=3*; else as many as stand on the first line.
  static std::size_t columns_of(std::string_view style, std::size_t from_line, std::size_t all) {
    std::size_t at = style.find("cols=");
    if (at == style.npos) return std::max<std::size_t>(1, from_line > 0 ? from_line : all);
    std::string_view value = style.substr(at + 5);
    if (value.starts_with('"')) {
      value.remove_prefix(1);
      value = value.substr(0, value.find('"'));
    } else {
      value = value.substr(0, value.find(','));
    }
    std::size_t columns = 0;
    for (bool more = true; more;) {
      const std::size_t end = std::min(value.find_first_of(",;"), value.size());
      const std::string_view each = value.substr(0, end);
      std::size_t times = 1;
      if (each.find('*') != each.npos) std::from_chars(each.data(), each.data() + each.size(), times);
      columns += std::clamp<std::size_t>(times, 1, 1000);
      more = end < value.size() && columns < 2000;
      value.remove_prefix(std::min(value.size(), end + 1));
    }
    return std::max<std::size_t>(columns, 1);
  }

  void write(std::vector<Cell>& cells, std::size_t columns, bool header) {
    std::string html = "<table>";
    std::vector<int> down(columns, 0);  // rows that a cell above still reaches
    std::size_t next = 0;
    for (bool first = true; next < cells.size(); first = false) {
      html += "<tr>";
      for (std::size_t c = 0; c < columns && next < cells.size();) {
        if (down[c] > 0) {
          --down[c++];
          continue;
        }
        Cell& cell = cells[next++];
        html += first && header ? "<th" : "<td";
        html += " rowspan=\"" + std::to_string(cell.rows) + "\" colspan=\"" + std::to_string(cell.columns) + "\">";
        append_escaped(html, marks_.text(trimmed_view(cell.text)));
        html += first && header ? "</th>" : "</td>";
        for (int k = 0; k < cell.columns && c < columns; ++k) down[c++] = cell.rows - 1;
      }
      html += "</tr>";
    }
    out_.table(read_table(html + "</table>"));
  }

  const std::vector<SourceLine> lines_;
  DocumentBuilder& out_;
  AsciiDocInline marks_;
  std::string run_;
  std::string_view style_;
  std::vector<std::string> open_;  // marks of the lists around
  std::vector<int> numbers_;
  std::size_t at_ = 0;
  int list_level_ = 0;
  bool in_item_ = false, after_plus_ = false, after_term_ = false;
};

}  // namespace

Result<Document> parse_asciidoc(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  Decoded source;
  decode_text(bytes, {}, source);
  DocumentBuilder out(limits);
  AsciiDoc reader(source_lines(source.text), out);
  MP_TRY(reader.run());
  return out.finish();
}

}  // namespace millpond::extract
