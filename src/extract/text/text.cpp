#include "millpond/extract/text.h"

#include <algorithm>
#include <vector>

#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "extract/text/lines.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kBlockLinesMax = 400;  // longer blocks are cut, so that no element grows without bound
constexpr int kUnwrappedWidth = 160;         // nobody wraps lines at this width: each line is a paragraph

class TextParser {
 public:
  TextParser(std::string_view text, const Limits& limits) : rest_(text), limits_(limits) {}

  Status run(Document& document) {
    out_ = &document.elements;
    read_block(next_);
    while (!next_.empty()) {
      block_.swap(next_);
      read_block(next_);
      write_block(block_);
      if (written_bytes_ > limits_.output_bytes)
        return exhausted("the text passes output_bytes: ", limits_.output_bytes);
    }
    const auto title =
        std::find_if(out_->begin(), out_->begin() + std::ptrdiff_t(std::min<std::size_t>(3, out_->size())),
                     [](const Element& e) { return e.kind == ElementKind::kTitle; });
    if (!out_->empty() && title != out_->begin() + std::ptrdiff_t(std::min<std::size_t>(3, out_->size()))) {
      document.title = title->text;
    }
    return {};
  }

 private:
  using Lines = std::vector<Line>;
  struct Span {
    const Line* begin;
    const Line* end;
    std::size_t size() const { return std::size_t(end - begin); }
    const Line& operator[](std::size_t i) const { return begin[i]; }
  };

  void read_block(Lines& lines) {
    lines.clear();
    while (!rest_.empty() && lines.size() < kBlockLinesMax) {
      const Line line = next_line(rest_);
      if (!line.text.empty())
        lines.push_back(line);
      else if (!lines.empty())
        return;
    }
  }

  void write_block(const Lines& lines) {
    Span span{lines.data(), lines.data() + lines.size()};
    const bool literal = literal_next_;
    literal_next_ = false;
    if (literal && span[0].indent > 0) {
      literal_next_ = !next_.empty() && next_[0].indent > 0 && next_[0].indent >= span[0].indent;
      return write_code(span);
    }
    while (const std::size_t used = title_lines(span)) {
      span.begin += used;
      list_indents_.clear();
      if (span.begin == span.end) return;
    }
    if (looks_laid_out(span)) return write_code(span);
    if (item_mark_length(span[0].text) > 0 && is_list(span)) return write_list(span);
    write_prose(span);
  }

  // Writes a title at the start of the block; returns the number of lines that it takes.
  std::size_t title_lines(Span s) {
    if (s.size() >= 3 && rule_character(s[0].text) != 0 && rule_character(s[0].text) == rule_character(s[2].text) &&
        s[1].width <= s[0].width && is_title_text(s[1])) {
      add_title(s[1].text, style_level(s[0].text[0], true));
      return 3;
    }
    if (rule_character(s[0].text) != 0) return 1;  // a rule on its own is decoration
    if (s.size() >= 2 && s[0].indent <= 3 && is_title_text(s[0])) {
      const char rule = rule_character(s[1].text);
      const int width = s[1].width;
      if (rule != 0 && width * 10 >= s[0].width * 7 && width <= s[0].width + std::max(4, s[0].width) + 8) {
        add_title(s[0].text, style_level(rule, false));
        return 2;
      }
    }
    const int asciidoc = asciidoc_level(s[0].text);
    if (asciidoc > 0 && (s.size() == 1 || out_->empty())) {
      add_title(s[0].text.substr(std::size_t(asciidoc) + 1), asciidoc);
      return 1;
    }
    return bare_title(s);
  }

  // Titles that nothing marks but their look; taken only when what follows confirms it.
  std::size_t bare_title(Span s) {
    const Line& line = s[0];
    if (line.width > 70 || line.gap || !is_title_text(line)) return 0;
    const Line* const below = s.size() > 1 ? &s[1] : next_.empty() ? nullptr : &next_[0];
    if (below == nullptr) return 0;
    const bool deeper = below->indent >= line.indent + 2;
    if (is_upper_case(line.text) && line.indent == 0 && (s.size() == 1 ? has_lower_case(below->text) : deeper)) {
      add_title(line.text, 1);
      return 1;
    }
    const int depth = section_depth(line.text);
    if (depth == 0 || s.size() > 1 || line.indent > 3) return 0;
    const bool prose_below = has_lower_case(below->text) && item_mark_length(below->text) == 0;
    if (prose_below && (deeper || depth > 1)) {
      add_title(line.text, depth);
      return 1;
    }
    return 0;
  }

  static bool is_title_text(const Line& line) {
    const char last = line.text.back();
    return line.width <= 120 && rule_character(line.text) == 0 && last != ',' && last != ';' &&
           !(last == '.' && !line.text.ends_with("..")) && !is_drawn(line.text);
  }

  static int asciidoc_level(std::string_view text) {
    const std::size_t n = text.find_first_not_of('=');
    return n != text.npos && n >= 1 && n <= 6 && text[n] == ' ' && !text.ends_with('=') ? int(n) : 0;
  }

  // The first style of underline that a text uses is its highest level, as in reStructuredText.
  int style_level(char rule, bool overline) {
    const int style = rule + (overline ? 256 : 0);
    const auto found = std::find(styles_.begin(), styles_.end(), style);
    if (found != styles_.end()) return int(found - styles_.begin()) + 1;
    styles_.push_back(style);
    return int(styles_.size());
  }

  static bool looks_laid_out(Span s) {
    std::size_t gaps = 0, drawn = 0;
    for (const Line* line = s.begin; line < s.end; ++line) gaps += line->gap, drawn += is_drawn(line->text);
    if (drawn * 2 >= s.size() && drawn > 0) return true;
    if (s.size() < 2) return false;
    if (gaps * 2 > s.size()) return true;
    return s[0].indent >= 4 && !is_wrapped(s) && item_mark_length(s[0].text) == 0 && looks_like_code(s);
  }

  static bool looks_like_code(Span s) {
    std::size_t marks = 0, bytes = 0;
    bool stepped = false;
    for (const Line* line = s.begin; line < s.end; ++line) {
      for (const char c : line->text)
        marks += std::string_view("{}()[];=<>$/\\|&%#_\"'`").find(c) != std::string_view::npos;
      bytes += line->text.size();
      stepped |= line->indent != s[0].indent;
    }
    return marks * 12 > bytes || stepped;
  }

  // True when the line breaks come from a margin: the next line's first word would not have fitted on the line, or
  // (the margin was kept loosely) the lines are nearly full and go on in lower case.
  static bool is_wrapped(Span s) {
    if (s.size() < 2) return false;
    int longest = 0, second = 0;
    for (const Line* line = s.begin; line < s.end; ++line) {
      const int end = line->indent + line->width;
      second = std::max(second, std::min(end, longest));
      longest = std::max(longest, end);
    }
    const int margin = s.size() >= 4 ? second : longest;  // one long word may stick out
    if (margin < 30) return false;
    std::size_t full = 0, nearly_full = 0, continued = 0;
    for (const Line* line = s.begin; line + 1 < s.end; ++line) {
      const int end = line->indent + line->width;
      full += end + 1 + first_word_width(line[1].text) > margin - 2;
      nearly_full += end * 10 >= margin * 7;
      continued += line[1].text[0] >= 'a' && line[1].text[0] <= 'z';
    }
    const std::size_t breaks = s.size() - 1;
    if (full * 3 >= breaks * 2) return true;
    return margin >= 50 && nearly_full * 5 >= breaks * 4 && continued * 5 >= breaks * 3;
  }

  // A block that starts with a mark is a list unless only its first line looks so by chance ("- 5 degrees").
  static bool is_list(Span s) {
    if (!is_numbered(s[0].text) || s.size() == 1) return true;
    for (const Line* line = s.begin + 1; line < s.end; ++line) {
      if (item_mark_length(line->text) > 0 || line->indent > s[0].indent) return true;
    }
    return false;
  }

  void write_list(Span s) {
    const Line* item = s.begin;
    while (item < s.end) {
      const std::size_t mark = item_mark_length(item->text);
      const Line* end = item + 1;
      while (end < s.end && (item_mark_length(end->text) == 0 || end->indent > item->indent + 12)) ++end;
      while (!list_indents_.empty() && list_indents_.back() > item->indent) list_indents_.pop_back();
      if (list_indents_.empty() || list_indents_.back() < item->indent) list_indents_.push_back(item->indent);
      std::string text;
      append_collapsed(text, is_numbered(item->text) ? item->text : item->text.substr(mark));
      for (const Line* line = item + 1; line < end; ++line) append_joined(text, line->text);
      add(ElementKind::kListItem, int(list_indents_.size()), std::move(text));
      item = end;
    }
  }

  void write_prose(Span s) {
    if (s[0].indent == 0 || (!list_indents_.empty() && s[0].indent <= list_indents_[0])) list_indents_.clear();
    int width = 0;
    for (const Line* line = s.begin; line < s.end; ++line) width = std::max(width, line->width);
    const bool own_lines = width > kUnwrappedWidth;
    const bool joined = !own_lines && is_wrapped(s);
    std::string text;
    for (const Line* line = s.begin; line < s.end; ++line) {
      // A list may follow its lead-in without a blank line.
      if (line > s.begin && item_mark_length(line->text) > 0 && starts_list({line, s.end})) {
        add(ElementKind::kParagraph, 0, std::move(text));
        return write_list({line, s.end});
      }
      if (own_lines) {
        append_collapsed(text, line->text);
        add(ElementKind::kParagraph, 0, std::move(text));
        text.clear();
      } else if (joined) {
        append_joined(text, line->text);
      } else {
        if (!text.empty()) text += '\n';
        append_collapsed(text, line->text);
      }
    }
    literal_next_ = text.ends_with("::");
    add(ElementKind::kParagraph, 0, std::move(text));
  }

  static bool starts_list(Span s) {
    if (line_before_ends_list_lead(s)) return true;
    return s.size() >= 2 && std::any_of(s.begin + 1, s.end, [](const Line& l) { return item_mark_length(l.text) > 0; });
  }
  static bool line_before_ends_list_lead(Span s) { return (s.begin - 1)->text.ends_with(':'); }

  void write_code(Span s) {
    int indent = s[0].indent;
    for (const Line* line = s.begin; line < s.end; ++line) indent = std::min(indent, line->indent);
    std::string text;
    for (const Line* line = s.begin; line < s.end; ++line) {
      if (line > s.begin) text += '\n';
      text.append(std::size_t(std::min(line->indent - indent, 200)), ' ');
      append_verbatim(text, line->text);
    }
    // Blocks that only a blank line parts belong together.
    if (!out_->empty() && out_->back().kind == ElementKind::kCode && s[0].indent > 0 && last_code_indent_ > 0 &&
        out_->back().text.size() < 16'384) {
      const std::string shift(std::size_t(std::clamp(indent - last_code_indent_, 0, 200)), ' ');
      out_->back().text += "\n\n" + shift + text;
      written_bytes_ += std::int64_t(text.size());
      return;
    }
    last_code_indent_ = indent;
    add(ElementKind::kCode, 0, std::move(text));
  }

  void add_title(std::string_view line, int level) { add(ElementKind::kTitle, level, clean(line)); }

  void add(ElementKind kind, int level, std::string text) {
    if (kind != ElementKind::kCode) trim(text);
    if (text.empty()) return;
    normalize(text);
    Element& element = out_->emplace_back();
    element.kind = kind;
    element.level = level;
    written_bytes_ += std::int64_t(text.size());
    element.text = std::move(text);
  }

  std::string_view rest_;
  const Limits& limits_;
  std::vector<Element>* out_ = nullptr;
  Lines block_, next_;
  std::vector<int> styles_;        // underlines in order of appearance
  std::vector<int> list_indents_;  // of the open list levels
  int last_code_indent_ = 0;
  bool literal_next_ = false;  // "::" announced a literal block
  std::int64_t written_bytes_ = 0;
};

}  // namespace

Result<Document> parse_text(std::string_view bytes, const Limits& limits) {
  if (std::int64_t(bytes.size()) > limits.input_bytes) {
    return exhausted("the text passes input_bytes: ", bytes.size()).hint("Raise input_bytes, or split the file.");
  }
  Decoded source;
  decode_text(bytes, {}, source);
  Document document;
  MP_TRY(TextParser(source.text, limits).run(document));
  return document;
}

}  // namespace millpond::extract
