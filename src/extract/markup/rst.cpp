// reStructuredText.

#include <algorithm>
#include <map>

#include "extract/document_builder.h"
#include "extract/markup/rst_inline.h"
#include "extract/markup/rst_table.h"
#include "extract/markup/source_lines.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/data.h"
#include "millpond/extract/markup.h"

namespace millpond::extract {
namespace {

constexpr int kDepthMax = 60;

/// Length of a bullet or number with the space behind it; 0 if the line is no list item.
std::size_t mark_length(std::string_view text, bool& numbered) {
  numbered = false;
  for (const std::string_view bullet : {"- ", "* ", "+ ", "\u2022 "}) {
    if (text.starts_with(bullet)) return bullet.size();
  }
  std::size_t at = text.starts_with('(') ? 1 : 0;
  const std::size_t begin = at;
  while (at < text.size() && at - begin < 4 && text[at] >= '0' && text[at] <= '9') ++at;
  if (at == begin && at < text.size() &&
      (text[at] == '#' || (text[at] >= 'a' && text[at] <= 'z') || (text[at] >= 'A' && text[at] <= 'Z')))
    ++at;
  if (at == begin || at + 1 >= text.size() || text[at + 1] != ' ') return 0;
  if (text[at] != '.' && text[at] != ')') return 0;
  numbered = true;
  return at + 2;
}

/// "name" of ":name: value"; empty if the line is no field.
std::string_view field_name(std::string_view text) {
  if (!text.starts_with(':') || text.size() < 3 || text[1] == ' ' || text[1] == ':') return {};
  const std::size_t end = text.find(':', 1);
  if (end == text.npos || (end + 1 < text.size() && text[end + 1] != ' ')) return {};
  return text.substr(1, end - 1);
}

class Rst {
 public:
  Rst(std::vector<SourceLine> lines, const Limits& limits, DocumentBuilder& out)
      : lines_(std::move(lines)), limits_(limits), out_(out) {
    for (const SourceLine& line : lines_) {  // substitutions may stand behind their use
      if (!line.text.starts_with(".. |")) continue;
      const std::size_t end = line.text.find('|', 4), mark = line.text.find(":: ");
      if (end != line.text.npos && mark != line.text.npos && line.text.find("replace::") != line.text.npos) {
        inline_.substitutions[std::string(line.text.substr(4, end - 4))] = line.text.substr(mark + 3);
      }
    }
  }

  Status run() { return body(0, lines_.size(), 0, 0); }

 private:
  Status body(std::size_t begin, std::size_t end, int indent, int depth) {
    if (depth > kDepthMax) return exhausted("blocks are nested deeper than ", kDepthMax);
    for (std::size_t i = begin; i < end;) {
      MP_TRY(out_.status());
      if (lines_[i].blank()) {
        ++i;
      } else if (lines_[i].indent > indent) {
        const std::size_t stop = block_end(i, end, indent);
        int least = lines_[i].indent;
        for (std::size_t k = i; k < stop; ++k) least = lines_[k].blank() ? least : std::min(least, lines_[k].indent);
        MP_TRY(body(i, stop, least, depth + 1));
        i = stop;
      } else {
        MP_TRY(block(i, end, indent, depth));
      }
    }
    return {};
  }

  /// The first line from `i` on that is indented no more than `indent`.
  std::size_t block_end(std::size_t i, std::size_t end, int indent) const {
    while (i < end && (lines_[i].blank() || lines_[i].indent > indent)) ++i;
    return i;
  }

  Status block(std::size_t& i, std::size_t end, int indent, int depth) {
    const std::string_view text = lines_[i].text;
    if (section(i, end)) return {};
    if (text == ".." || text.starts_with(".. ")) return explicit_markup(i, end, indent, depth);
    if (text.starts_with("__ ")) return ++i, Status();
    if (is_rst_grid(text) || is_rst_simple(text)) {
      TableGrid grid;
      const std::size_t next = read_rst_table(lines_, i, end, inline_, grid);
      if (next > i) {
        out_.table(std::move(grid));
        i = next;
        return {};
      }
    }
    if (repeated(text, 4) != 0 && (i + 1 >= end || lines_[i + 1].blank())) return ++i, Status();  // a transition
    bool numbered = false;
    if (const std::size_t mark = mark_length(text, numbered); mark > 0)
      return item(i, end, mark, numbered, indent, depth);
    if (const std::string_view name = field_name(text); !name.empty()) return field(i, end, name, indent, depth);
    if (text.starts_with(">>> ")) {
      std::size_t stop = i;
      while (stop < end && !lines_[stop].blank()) ++stop;
      out_.code(dedented(lines_, i, stop));
      i = stop;
      return {};
    }
    if (text.starts_with("| ") || text == "|") return line_block(i, end);
    if (i + 1 < end && !lines_[i + 1].blank() && lines_[i + 1].indent > indent && !text.ends_with("::")) {
      out_.item(list_depth_ + 1, inline_.text(text));  // a term with its definition
      const std::size_t stop = block_end(i + 1, end, indent);
      const std::size_t from = i + 1;
      i = stop;
      return body(from, stop, lines_[from].indent, depth + 1);
    }
    return paragraph(i, end, indent);
  }

  bool section(std::size_t& i, std::size_t end) {
    const auto width = [](std::string_view text) {
      return static_cast<std::size_t>(
          std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    };
    if (lines_[i].indent > 0 && repeated(lines_[i].text, 2) == 0) return false;
    const char over = repeated(lines_[i].text, 2);
    if (over != 0 && i + 2 < end && !lines_[i + 1].blank() && lines_[i + 2].text == lines_[i].text &&
        repeated(lines_[i + 1].text, 4) == 0 && width(lines_[i + 1].text) <= lines_[i].text.size()) {
      out_.title(level_of(over, true), inline_.text(lines_[i + 1].text));
      i += 3;
      return true;
    }
    const char under = i + 1 < end && over == 0 ? repeated(lines_[i + 1].text, 2) : '\0';
    const bool long_enough =
        under != 0 && (lines_[i + 1].text.size() >= width(lines_[i].text) || lines_[i + 1].text.size() >= 4);
    if (!long_enough || lines_[i + 1].indent > 0) return false;
    out_.title(level_of(under, false), inline_.text(lines_[i].text));
    i += 2;
    return true;
  }

  // Styles get their level in the order in which they appear.
  int level_of(char mark, bool over) {
    const std::pair<char, bool> style(mark, over);
    const auto found = std::find(styles_.begin(), styles_.end(), style);
    if (found != styles_.end()) return static_cast<int>(found - styles_.begin()) + 1;
    styles_.push_back(style);
    return static_cast<int>(styles_.size());
  }

  Status item(std::size_t& i, std::size_t end, std::size_t mark, bool numbered, int indent, int depth) {
    const std::size_t stop = block_end(i + 1, end, indent);
    std::string text(lines_[i].text.substr(mark));
    std::size_t next = i + 1;
    bool inner = false;
    while (next < stop && !lines_[next].blank() && mark_length(lines_[next].text, inner) == 0) {
      text.append(" ").append(lines_[next++].text);
    }
    const bool literal = text.ends_with("::");
    if (literal) text.pop_back();
    ++list_depth_;
    std::string shown = inline_.text(text);
    if (numbered && !lines_[i].text.starts_with('#')) shown.insert(0, lines_[i].text.substr(0, mark));
    out_.item(list_depth_, shown);
    i = stop;
    const Status status = literal ? (out_.code(dedented(lines_, next, stop)), Status())
                                  : body(next, stop, least_indent(next, stop), depth + 1);
    --list_depth_;
    return status;
  }

  int least_indent(std::size_t begin, std::size_t end) const {
    int least = 1 << 20;
    for (std::size_t i = begin; i < end; ++i) least = lines_[i].blank() ? least : std::min(least, lines_[i].indent);
    return least;
  }

  Status field(std::size_t& i, std::size_t end, std::string_view name, int indent, int depth) {
    const std::size_t stop = block_end(i + 1, end, indent);
    std::string value(trimmed_view(lines_[i].text.substr(name.size() + 2)));
    for (std::size_t k = i + 1; k < stop; ++k) value.append(" ").append(lines_[k].text);
    const bool at_start = depth == 0 && out_.document.elements.size() <= 1;
    std::string key(name);
    std::transform(key.begin(), key.end(), key.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    i = stop;
    if (!at_start)
      out_.paragraph(std::string(name) + ": " + inline_.text(value));
    else if (key == "date")
      out_.metadata("created", value);
    else
      out_.metadata(key == "authors" ? "author" : key, inline_.text(value));
    return {};
  }

  Status line_block(std::size_t& i, std::size_t end) {
    std::string text;
    for (; i < end && lines_[i].text.starts_with('|'); ++i) { text += inline_.text(lines_[i].text.substr(1)) + "\n"; }
    out_.add_lines(ElementKind::kParagraph, text);
    return {};
  }

  Status paragraph(std::size_t& i, std::size_t end, int indent) {
    std::string text;
    do {  // a line that is indented less than its block is taken all the same
      (text += text.empty() ? "" : " ") += lines_[i++].text;
    } while (i < end && !lines_[i].blank() && lines_[i].indent == indent);
    if (!text.ends_with("::")) {
      out_.paragraph(inline_.text(text));
      return {};
    }
    text.erase(text.size() - (text.ends_with(" ::") || text == "::" ? 2 : 1));
    out_.paragraph(inline_.text(text));
    const std::size_t stop = block_end(i, end, indent);
    out_.code(dedented(lines_, i, stop));
    i = stop;
    return {};
  }

  Status explicit_markup(std::size_t& i, std::size_t end, int indent, int depth) {
    const std::string_view text = trimmed_view(lines_[i].text.substr(2));
    const std::size_t from = i, stop = block_end(i + 1, end, indent);
    i = stop;
    if (text.starts_with('[')) {  // a footnote or citation
      const std::size_t close = text.find(']');
      if (close == text.npos) return {};
      std::string note(text.substr(close + 1));
      for (std::size_t k = from + 1; k < stop; ++k) note.append(" ").append(lines_[k].text);
      const std::string label = close > 1 && text[1] == '#' ? "" : std::string(text.substr(0, close + 1)) + " ";
      out_.add(ElementKind::kFootnote, label + inline_.text(note));
      return {};
    }
    const std::size_t mark = text.find("::");
    const bool directive =
        mark != text.npos && mark > 0 && text.substr(0, mark).find(' ') == text.npos && text[0] != '_';
    if (!directive) return {};  // a comment, target or substitution
    return this->directive(text.substr(0, mark), trimmed_view(text.substr(mark + 2)), from + 1, stop, depth);
  }

  Status directive(std::string_view name, std::string_view argument, std::size_t begin, std::size_t end, int depth) {
    std::map<std::string_view, std::string_view> options;
    while (begin < end && lines_[begin].blank()) ++begin;
    for (; begin < end; ++begin) {
      const std::string_view key = field_name(lines_[begin].text);
      if (key.empty()) break;
      options[key] = trimmed_view(lines_[begin].text.substr(key.size() + 2));
    }
    name = name.substr(name.rfind(':') == name.npos ? 0 : name.rfind(':') + 1);
    static constexpr std::string_view kCode[] = {"code",           "code-block", "sourcecode",
                                                 "parsed-literal", "highlight",  "productionlist",
                                                 "doctest",        "testcode",   "prompt"};
    static constexpr std::string_view kDropped[] = {
        "contents", "toctree",    "index",        "raw",          "include",       "literalinclude",
        "meta",     "role",       "default-role", "module",       "currentmodule", "highlight",
        "sectnum",  "automodule", "autoclass",    "autofunction", "title",         "tabularcolumns",
        "plot",     "ifconfig",   "testsetup"};
    if (std::find(std::begin(kDropped), std::end(kDropped), name) != std::end(kDropped)) return {};
    if (std::find(std::begin(kCode), std::end(kCode), name) != std::end(kCode)) {
      if (const auto caption = options.find("caption"); caption != options.end()) {
        out_.add(ElementKind::kCaption, inline_.text(caption->second));
      }
      out_.code(dedented(lines_, begin, end));
      return {};
    }
    if (name == "math") {
      out_.code(std::string(argument) + "\n" + dedented(lines_, begin, end), ElementKind::kFormula);
      return {};
    }
    if (name == "image" || name == "figure") {
      if (const auto alt = options.find("alt"); alt != options.end()) out_.add(ElementKind::kFigure, alt->second);
      std::string caption;
      for (; begin < end && (!lines_[begin].blank() || caption.empty()); ++begin)
        caption.append(" ").append(lines_[begin].text);
      out_.add(ElementKind::kCaption, inline_.text(caption));
      return name == "figure" ? body(begin, end, least_indent(begin, end), depth + 1) : Status();
    }
    if (name == "csv-table" || name == "list-table" || name == "table") {
      out_.add(ElementKind::kCaption, inline_.text(argument));
      if (name == "csv-table") return csv_table(options, begin, end);
      if (name == "list-table") return list_table(options, begin, end);
      return body(begin, end, least_indent(begin, end), depth + 1);
    }
    if (name == "rubric" || name == "topic" || name == "sidebar") {
      out_.add(ElementKind::kTitle, inline_.text(argument), static_cast<int>(styles_.size()) + 1);
    } else if (!argument.empty()) {
      out_.paragraph(inline_.text(argument));
    }
    return body(begin, end, least_indent(begin, end), depth + 1);
  }

  Status csv_table(const std::map<std::string_view, std::string_view>& options, std::size_t begin, std::size_t end) {
    std::string text;
    int head_rows = 0;
    if (const auto header = options.find("header"); header != options.end()) {
      text = std::string(header->second) + "\n";
      head_rows = 1;
    }
    text += dedented(lines_, begin, end);
    MP_ASSIGN(const Document rows, parse_csv(text, limits_));
    for (const Element& element : rows.elements) {
      TableGrid grid = read_table(element.html);
      for (TableCell& cell : grid.cells) {
        cell.text = inline_.text(cell.text);
        cell.head = cell.row < head_rows;
      }
      out_.table(std::move(grid));
    }
    return {};
  }

  // "* - a" begins a row, "  - b" goes on with it.
  Status list_table(const std::map<std::string_view, std::string_view>& options, std::size_t begin, std::size_t end) {
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = begin; i < end; ++i) {
      std::string_view text = lines_[i].text;
      if (text.starts_with("* ")) {
        rows.emplace_back();
        text = trimmed_view(text.substr(2));
      }
      if (rows.empty() || text.empty()) continue;
      if (text.starts_with("- ") || text == "-") {
        rows.back().emplace_back(text.substr(1));
      } else if (!rows.back().empty()) {
        rows.back().back().append(" ").append(text);
      }
    }
    for (std::vector<std::string>& row : rows) {
      for (std::string& cell : row) cell = inline_.text(cell);
    }
    const auto head = options.find("header-rows");
    out_.table(rows, head != options.end() && head->second == "1" ? 1 : 0);
    return {};
  }

  const std::vector<SourceLine> lines_;
  const Limits& limits_;
  DocumentBuilder& out_;
  RstInline inline_;
  std::vector<std::pair<char, bool>> styles_;
  int list_depth_ = 0;
};

}  // namespace

Result<Document> parse_rst(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  Decoded source;
  decode_text(bytes, {}, source);
  DocumentBuilder out(limits);
  Rst rst(source_lines(source.text), limits, out);
  MP_TRY(rst.run());
  return out.finish();
}

}  // namespace millpond::extract
