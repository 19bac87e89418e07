// LaTeX: the blocks of a document.

#include <algorithm>

#include "extract/document_builder.h"
#include "extract/markup/latex_inline.h"
#include "extract/markup/source_lines.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/markup.h"

namespace millpond::extract {
namespace {

constexpr int kDepthMax = 60;

/// Rank of a sectioning command from 0 (part) on; -1 for other commands.
int section_rank(std::string_view name) {
  static constexpr std::string_view kNames[] = {"part",          "chapter",   "section",     "subsection",
                                                "subsubsection", "paragraph", "subparagraph"};
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  return found == std::end(kNames) ? -1 : static_cast<int>(found - std::begin(kNames));
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  if (name.ends_with('*')) name.remove_suffix(1);
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_formula(std::string_view name) {
  return is_one_of(name, {"equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "alignat",
                          "flalign", "dmath"});
}
bool is_verbatim(std::string_view name) {
  return is_one_of(name, {"verbatim", "lstlisting", "minted", "Verbatim", "alltt", "code"});
}
bool is_table(std::string_view name) {
  return is_one_of(name, {"tabular", "tabularx", "longtable", "tabulary", "supertabular", "tblr"});
}

/// Without comments; \% stays, and so does everything in listings.
std::string without_comments(std::string_view text) {
  std::string out;
  bool verbatim = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    std::string_view line = text.substr(0, end + 1);
    text.remove_prefix(end + 1);
    if (line.find("\\begin{verbatim") != line.npos || line.find("\\begin{lstlisting") != line.npos ||
        line.find("\\begin{minted") != line.npos) {
      verbatim = true;
    }
    if (line.find("\\end{verbatim") != line.npos || line.find("\\end{lstlisting") != line.npos ||
        line.find("\\end{minted") != line.npos) {
      verbatim = false;
    }
    std::size_t at = verbatim ? line.npos : line.find('%');
    while (at != line.npos && at > 0 && line[at - 1] == '\\') at = line.find('%', at + 1);
    if (at == line.npos) {
      out += line;
    } else {
      out += line.substr(0, at);
      if (trimmed_view(line.substr(0, at)).empty()) continue;  // a line of comment is no empty line
    }
  }
  return out;
}

class Latex {
 public:
  Latex(std::string_view text, const Limits& limits, DocumentBuilder& out) : text_(text), limits_(limits), out_(out) {
    for (std::string_view rest = text; !rest.empty();) {  // the highest kind of section that occurs
      std::size_t at = rest.find('\\');
      if (at == rest.npos) break;
      const int rank = section_rank(latex_command(rest, at));
      if (rank >= 0) top_ = std::min(top_, rank);
      rest.remove_prefix(std::min(at, rest.size()));
    }
  }

  Status run() {
    const std::size_t begin = text_.find("\\begin{document}");
    preamble(text_.substr(0, begin == text_.npos ? 0 : begin));
    std::size_t end = text_.rfind("\\end{document}");
    if (begin != text_.npos && !out_.document.title.empty()) {
      out_.title(1, out_.document.title);
      titled_ = true;
    }
    const std::size_t from = begin == text_.npos ? 0 : begin + 16;
    end = end == text_.npos || end < from ? text_.size() : end;
    MP_TRY(blocks(text_.substr(from, end - from), 0));
    flush();
    return out_.status();
  }

 private:
  void preamble(std::string_view text) {
    for (std::size_t at = text.find('\\'); at != text.npos; at = text.find('\\', at)) {
      const std::string_view name = latex_command(text, at);
      if (name != "title" && name != "author" && name != "date") continue;
      if (at < text.size() && text[at] == '[') (void)latex_group(text, at, '[');
      const std::string value = clean(marks_.text(latex_group(text, at)));
      if (name == "title")
        out_.document.title = value;
      else
        out_.metadata(name == "date" ? "created" : name, value);
    }
    marks_.notes.clear();
  }

  void flush() {
    const std::string text = marks_.text(run_);
    run_.clear();
    // \par and the end of an item part paragraphs.
    if (item_level_ > 0 && item_open_) {
      if (!clean(text).empty()) {
        out_.item(item_level_, item_mark_ + text);
        item_open_ = false;
      }
    } else {
      out_.paragraph(text);
    }
    for (const std::string& note : marks_.notes) out_.add(ElementKind::kFootnote, note);
    marks_.notes.clear();
  }

  Status blocks(std::string_view text, int depth) {
    if (depth > kDepthMax) return exhausted("environments are nested deeper than ", kDepthMax);
    for (std::size_t at = 0; at < text.size();) {
      MP_TRY(out_.status());
      const char c = text[at];
      if (c == '\n') {
        const std::size_t next = text.find_first_not_of(" \t\r", at + 1);
        if (next != text.npos && text[next] == '\n') flush();
        run_ += '\n';
        ++at;
      } else if (c == '$' && text.substr(at).starts_with("$$")) {
        const std::size_t end = std::min(text.find("$$", at + 2), text.size());
        formula(text.substr(at + 2, end - at - 2));
        at = std::min(text.size(), end + 2);
      } else if (c == '\\') {
        MP_TRY(command(text, at, depth));
      } else {
        const std::size_t end = std::min(text.find_first_of("\\\n$", at + 1), text.size());
        run_ += text.substr(at, end - at);
        at = end;
      }
    }
    return {};
  }

  void formula(std::string_view tex) {
    flush();
    std::string text(tex);
    for (std::size_t at = text.find("\\label{"); at != text.npos; at = text.find("\\label{", at)) {
      const std::size_t end = text.find('}', at);
      text.erase(at, end == text.npos ? end : end - at + 1);
    }
    out_.code(text, ElementKind::kFormula);
  }

  Status command(std::string_view text, std::size_t& at, int depth) {
    const std::size_t begin = at;
    const std::string_view name = latex_command(text, at);
    if (const int rank = section_rank(name); rank >= 0) {
      flush();
      item_level_ = 0;
      if (at < text.size() && text[at] == '[') (void)latex_group(text, at, '[');
      out_.title(rank - top_ + (titled_ ? 2 : 1), marks_.text(latex_group(text, at)));
      return {};
    }
    if (name == "[") {
      const std::size_t end = std::min(text.find("\\]", at), text.size());
      formula(text.substr(at, end - at));
      at = std::min(text.size(), end + 2);
    } else if (name == "begin") {
      return environment(text, at, depth);
    } else if (name == "item" && item_level_ > 0) {
      flush();
      item_open_ = true;
      const std::string own = at < text.size() && text[at] == '[' ? clean(marks_.text(latex_group(text, at, '['))) : "";
      item_mark_ = !own.empty() ? own + " " : numbered_ ? std::to_string(++number_) + ". " : "";
    } else if (name == "bibitem") {
      flush();
      if (at < text.size() && text[at] == '[') (void)latex_group(text, at, '[');
      item_level_ = std::max(item_level_, 1);
      item_mark_ = "[" + std::string(latex_group(text, at)) + "] ";
      item_open_ = true;
    } else if (name == "caption") {
      flush();
      if (at < text.size() && text[at] == '[') (void)latex_group(text, at, '[');
      out_.add(ElementKind::kCaption, marks_.text(latex_group(text, at)));
    } else if (name == "par" || name == "maketitle" || name == "tableofcontents") {
      flush();
    } else if (name == "def") {
      at = std::min(text.find('{', at), text.size());
      (void)latex_group(text, at);
    } else if (name == "title" || name == "author" || name == "date") {
      const std::string value = clean(marks_.text(latex_group(text, at)));
      if (name == "title" && out_.document.title.empty()) out_.title(1, value);
      if (name == "author") out_.metadata("author", value);
    } else {
      // The command stays with all of its arguments: they belong to the paragraph.
      while (at < text.size() && (text[at] == '[' || text[at] == '{')) (void)latex_group(text, at, text[at]);
      run_ += text.substr(begin, at - begin);
    }
    return {};
  }

  /// What stands between \begin{name} and its \end{name}; `at` goes behind the latter.
  static std::string_view inside_of(std::string_view text, std::size_t& at, std::string_view name) {
    const std::string open = "\\begin{" + std::string(name) + "}", close = "\\end{" + std::string(name) + "}";
    int depth = 1;
    std::size_t next = at;
    while (true) {
      const std::size_t end = text.find(close, next);
      if (end == text.npos) break;
      const std::size_t inner = text.find(open, next);
      if (inner < end) {
        ++depth;
        next = inner + open.size();
      } else if (--depth == 0) {
        const std::string_view inside = text.substr(at, end - at);
        at = end + close.size();
        return inside;
      } else {
        next = end + close.size();
      }
    }
    const std::string_view inside = text.substr(at);
    at = text.size();
    return inside;
  }

  Status environment(std::string_view text, std::size_t& at, int depth) {
    const std::string_view name = latex_group(text, at);
    std::string_view inside = inside_of(text, at, name);
    if (is_formula(name)) return formula(inside), Status();
    flush();
    if (is_verbatim(name)) {
      std::size_t from = 0;
      while (from < inside.size() && (inside[from] == '[' || inside[from] == '{'))
        (void)latex_group(inside, from, inside[from]);
      out_.code(inside.substr(from));
      return {};
    }
    if (name == "Highlighting") {  // a listing whose words are coloured
      out_.code(marks_.text(inside.substr(std::min(inside.find(']') + 1, inside.size()))));
      return {};
    }
    if (is_table(name)) return table(name, inside);
    if (is_one_of(name, {"comment", "tikzpicture", "picture", "filecontents"})) return {};
    if (is_one_of(name, {"itemize", "enumerate", "description", "thebibliography", "compactitem"})) {
      return list(name, inside, depth);
    }
    std::size_t from = 0;
    if (is_one_of(name, {"abstract"})) out_.title(titled_ ? 2 : 1, "Abstract");
    const bool theorem =
        is_one_of(name, {"theorem", "lemma", "proposition", "corollary", "definition", "proof", "remark", "example"});
    if (theorem) {
      run_ = std::string(name.substr(0, name.find('*'))) + ". ";
      run_[0] = static_cast<char>(run_[0] - 32);
      if (!inside.empty() && inside[0] == '[') run_ += "(" + std::string(latex_group(inside, from, '[')) + ") ";
    } else {
      while (from < inside.size() && inside[from] == '[') (void)latex_group(inside, from, '[');
      if (is_one_of(name, {"minipage", "multicols", "adjustbox", "wrapfigure"}) && from < inside.size())
        (void)latex_group(inside, from);
    }
    MP_TRY(blocks(inside.substr(from), depth + 1));
    flush();
    return {};
  }

  Status list(std::string_view name, std::string_view inside, int depth) {
    const bool numbered = numbered_, open = item_open_;
    const int number = number_;
    const std::string mark = item_mark_;
    numbered_ = name == "enumerate";
    number_ = 0;
    ++item_level_;
    item_open_ = false;
    std::size_t from = 0;
    if (!inside.empty() && inside[0] == '[') (void)latex_group(inside, from, '[');
    if (name == "thebibliography") {
      (void)latex_group(inside, from);
      out_.title(titled_ ? 2 : 1, "References");
    }
    MP_TRY(blocks(inside.substr(std::min(from, inside.size())), depth + 1));
    flush();
    --item_level_;
    numbered_ = numbered;
    number_ = number;
    item_mark_ = mark;
    item_open_ = open;
    return {};
  }

  struct Row {
    std::string html;
    bool head = false;
  };

  /// Cells are parted by &, rows by \\; both may stand inside braces.
  Status table(std::string_view name, std::string_view inside) {
    std::size_t at = 0;
    if (name.starts_with("tabularx") || name.starts_with("tabulary")) (void)latex_group(inside, at);
    while (at < inside.size() && (inside[at] == '[' || inside[at] == '\n')) {
      if (inside[at] == '[')
        (void)latex_group(inside, at, '[');
      else
        ++at;
    }
    (void)latex_group(inside, at);
    std::vector<Row> rows(1);
    std::string cell;
    std::size_t repeated_from = 0;  // what longtable repeats on each page begins here
    bool first_head = false;
    const auto end_cell = [&] {
      std::string_view text = trimmed_view(cell);
      int across = 1;
      if (const std::size_t found = text.find("\\multicolumn{"); found != text.npos) {
        across = std::clamp(std::atoi(std::string(text.substr(found + 13, 4)).c_str()), 1, 200);
      }
      std::string& html = rows.back().html;
      html += "<td colspan=\"" + std::to_string(across) + "\">";
      append_escaped(html, clean(marks_.text(text)));
      html += "</td>";
      cell.clear();
    };
    const auto rule = [&](std::string_view command) {
      if (command == "midrule" || command == "endfirsthead" || command == "endhead") {
        const bool first = std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.head; });
        if (first) {
          for (Row& row : rows) row.head = true;
        }
      }
      if (!command.starts_with("end")) return;
      if (command == "endfirsthead" || (command == "endhead" && !first_head)) {
        first_head = true;
      } else {
        rows.resize(std::max<std::size_t>(repeated_from, 1));
      }
      repeated_from = rows.size();
      if (!rows.back().html.empty()) rows.emplace_back();
      repeated_from = rows.size() - 1;
      cell.clear();
    };
    int braces = 0;
    for (; at < inside.size(); ++at) {
      const char c = inside[at];
      if (c == '\\' && inside.substr(at).starts_with("\\\\") && braces == 0) {
        end_cell();
        rows.emplace_back();
        std::size_t after = at + 2;
        if (after < inside.size() && inside[after] == '[') (void)latex_group(inside, after, '[');
        at = after - 1;
      } else if (c == '\\') {
        std::size_t next = at;
        const std::string_view command = latex_command(inside, next);
        if (is_one_of(command, {"hline", "toprule", "midrule", "bottomrule", "endhead", "endfirsthead", "endfoot",
                                "endlastfoot"})) {
          rule(command);
        } else if (is_one_of(command, {"cline", "cmidrule"})) {
          while (next < inside.size() && inside[next] == '(')
            next = std::min(inside.find(')', next), inside.size() - 1) + 1;
          (void)latex_group(inside, next);
        } else if (command == "caption") {
          out_.add(ElementKind::kCaption, marks_.text(latex_group(inside, next)));
        } else {
          cell += inside.substr(at, next - at);
        }
        at = next - 1;
      } else if (c == '&' && braces == 0) {
        end_cell();
      } else {
        braces += c == '{' ? 1 : c == '}' ? -1 : 0;
        cell += c;
      }
    }
    const std::string last = clean(marks_.text(cell));
    if (!last.empty() || !rows.back().html.empty()) end_cell();
    std::string html = "<table>";
    for (Row& row : rows) {
      if (row.html.empty()) continue;
      for (std::size_t td = row.html.find("td"); row.head && td != row.html.npos; td = row.html.find("td", td + 1)) {
        const bool tag = td > 0 && (row.html[td - 1] == '<' || row.html[td - 1] == '/');
        if (tag) row.html[td + 1] = 'h';
      }
      html += "<tr>" + row.html + "</tr>";
      if (static_cast<std::int64_t>(html.size()) > limits_.output_bytes)
        return exhausted("a table passes output_bytes");
    }
    out_.table(read_table(html + "</table>"));
    for (const std::string& note : marks_.notes) out_.add(ElementKind::kFootnote, note);
    marks_.notes.clear();
    return out_.status();
  }

  const std::string_view text_;
  const Limits& limits_;
  DocumentBuilder& out_;
  LatexInline marks_;
  std::string run_, item_mark_;
  int top_ = 6, item_level_ = 0, number_ = 0;
  bool titled_ = false, numbered_ = false, item_open_ = false;
};

}  // namespace

Result<Document> parse_latex(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  Decoded source;
  decode_text(bytes, {}, source);
  const std::string text = without_comments(source.text);
  DocumentBuilder out(limits);
  Latex latex(text, limits, out);
  MP_TRY(latex.run());
  return out.finish();
}

}  // namespace millpond::extract
