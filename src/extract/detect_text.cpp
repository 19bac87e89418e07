#include "extract/detect_text.h"

#include <algorithm>
#include <array>
#include <vector>

namespace millpond::extract {
namespace {

using std::string_view;

constexpr std::size_t kLinesMax = 400;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool starts_with(string_view text, string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                                                          [](char a, char b) { return a == lower(b); });
}

string_view trimmed(string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<string_view> lines_of(string_view text) {
  std::vector<string_view> lines;
  while (!text.empty() && lines.size() < kLinesMax) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

/// Tags of HTML, opening and closing, and of other vocabularies.
struct TagCounts {
  int html = 0, other = 0;
};

TagCounts count_tags(string_view text) {
  static constexpr string_view kNames[] = {
      "a",     "b",     "body", "br", "code",  "dd",  "div",    "dl",      "dt",    "em",     "font",
      "h1",    "h2",    "h3",   "h4", "head",  "hr",  "html",   "i",       "img",   "li",     "link",
      "main",  "meta",  "nav",  "ol", "p",     "pre", "script", "section", "span",  "strong", "style",
      "table", "tbody", "td",   "th", "title", "tr",  "ul",     "article", "center"};
  TagCounts counts;
  for (std::size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    std::size_t begin = at + 1;
    if (begin < text.size() && text[begin] == '/') ++begin;
    std::size_t end = begin;
    char name[12];
    while (end < text.size() && end - begin < sizeof name && (is_letter(text[end]) || is_digit(text[end]))) {
      name[end - begin] = lower(text[end]);
      ++end;
    }
    if (end == begin || end >= text.size() || !is_letter(text[begin])) continue;
    const char after = text[end];
    if (!is_space(after) && after != '>' && after != '/' && after != ':') continue;
    const bool known = after != ':' && std::find(std::begin(kNames), std::end(kNames),
                                                 string_view(name, end - begin)) != std::end(kNames);
    ++(known ? counts.html : counts.other);
  }
  return counts;
}

/// Markup that says what it is at its beginning; empty if it does not.
string_view markup_type(string_view text) {
  while (true) {
    text = trimmed(text);
    if (starts_with(text, "<!doctype html") || starts_with(text, "<html")) return "text/html";
    if (starts_with(text, "<svg")) return "image/svg+xml";
    const bool comment = text.starts_with("<!--");
    const bool declaration = starts_with(text, "<?xml");
    if (!comment && !declaration) break;
    const std::size_t end = text.find(comment ? "-->" : "?>");
    if (end == text.npos) return declaration ? "application/xml" : "";
    if (declaration) {
      const string_view inner = markup_type(text.substr(end + 2));
      return inner.empty() ? "application/xml" : inner;
    }
    text.remove_prefix(end + 3);
  }
  if (starts_with(text, "<!doctype")) return "application/xml";
  if (starts_with(text, "<head") || starts_with(text, "<body")) return "text/html";
  return {};
}

/// Checks JSON as far as the text goes; a text cut off in the middle is fine.
class JsonCheck {
 public:
  explicit JsonCheck(string_view text) : text_(text) {}

  /// True if all that is there is JSON: at least one object or array, several if they stand on lines of their own.
  bool passes(bool& several) {
    int values = 0;
    while (true) {
      skip();
      if (at_ >= text_.size()) break;
      if (text_[at_] != '{' && text_[at_] != '[') return false;
      if (!value()) return false;
      ++values;
    }
    several = values > 1;
    return values > 0;
  }

 private:
  bool end() const { return at_ >= text_.size(); }
  void skip() {
    while (!end() && is_space(text_[at_])) ++at_;
  }

  bool string() {
    for (++at_; !end(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return true;
      } else if (text_[at_] == '\n') {
        return false;
      }
    }
    at_ = text_.size();
    return true;
  }

  bool word() {
    const std::size_t begin = at_;
    while (!end() && (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '-' || text_[at_] == '+' ||
                      text_[at_] == '.'))
      ++at_;
    const string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) return false;
    if (end() || is_digit(word[0]) || word[0] == '-') return is_digit(word[0]) || word[0] == '-' || is_letter(word[0]);
    return word == "true" || word == "false" || word == "null";
  }

  /// One object or array with all that is in it; a stack of our own, for depth does not matter here.
  bool value() {
    std::vector<char> open;
    bool expect_value = true;
    do {
      skip();
      if (end()) return true;
      const char c = text_[at_];
      if (c == '}' || c == ']') {
        if (open.empty() || open.back() != (c == '}' ? '{' : '[')) return false;
        open.pop_back();
        ++at_;
        expect_value = false;
      } else if (!expect_value) {
        if (c != ',' && c != ':') return false;
        ++at_;
        expect_value = true;
      } else if (c == '{' || c == '[') {
        open.push_back(c);
        ++at_;
      } else if (c == '"' ? !string() : !word()) {
        return false;
      } else {
        expect_value = false;
      }
    } while (!open.empty());
    return true;
  }

  string_view text_;
  std::size_t at_ = 0;
};

bool is_mail(const std::vector<string_view>& lines) {
  static constexpr string_view kFields[] = {
      "from:",       "to:",          "subject:",      "date:",         "received:",
      "message-id:", "return-path:", "mime-version:", "delivered-to:", "content-type:"};
  int known = 0;
  for (std::size_t i = lines.empty() || !lines[0].starts_with("From ") ? 0 : 1; i < lines.size(); ++i) {
    const string_view line = lines[i];
    if (line.empty()) break;
    if (i > 0 && (line[0] == ' ' || line[0] == '\t')) continue;
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0 || line.substr(0, colon).find(' ') != line.npos) return false;
    known += std::any_of(std::begin(kFields), std::end(kFields),
                         [&](string_view field) { return starts_with(line, field); });
  }
  return known >= 3;
}

/// Fields a line with this delimiter, outside quotes; -1 if a quote stays open.
int fields_of(string_view line, char delimiter) {
  int fields = 1;
  if (line.find('"') == line.npos) {
    for (std::size_t at = line.find(delimiter); at != line.npos; at = line.find(delimiter, at + 1)) ++fields;
    return fields;
  }
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == delimiter && !quoted) ++fields;
  }
  return quoted ? -1 : fields;
}

string_view table_type(const std::vector<string_view>& lines, bool named) {
  const std::size_t rows_min = named ? 1 : 4;
  const int fields_min = named ? 2 : 3;
  for (const char delimiter : {'\t', ',', ';'}) {
    std::size_t rows = 0;
    int fields = 0;
    bool same = true;
    for (std::size_t i = 0; same && (i + 1 < lines.size() || (i < lines.size() && lines.size() <= rows_min));
         ++i) {  // the last may be cut
      if (lines[i].empty()) continue;
      const int count = fields_of(lines[i], delimiter);
      if (rows == 0) fields = count;
      same = same && count == fields && count >= fields_min;
      ++rows;
    }
    if (same && rows >= rows_min) return delimiter == '\t' ? "text/tab-separated-values" : "text/csv";
  }
  return {};
}

bool has_link(string_view line) {
  const std::size_t middle = line.find("](");
  return middle != line.npos && line.rfind('[', middle) != line.npos && line.find(')', middle) != line.npos;
}

/// How many kinds of Markdown's marks the text has.
int markdown_evidence(const std::vector<string_view>& lines) {
  bool heading = false, underline = false, fence = false, link = false, strong = false, table = false, quote = false;
  int items = 0, headings = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const string_view line = trimmed(lines[i]);
    const bool blank_before = i == 0 || trimmed(lines[i - 1]).empty();
    const bool blank_after = i + 1 == lines.size() || trimmed(lines[i + 1]).empty();
    if (line.empty()) continue;
    const std::size_t hashes = line.find_first_not_of('#');
    if (hashes >= 1 && hashes <= 6 && line[hashes] == ' ' && blank_before && blank_after) ++headings;
    if (i > 0 && line.size() >= 3 && !blank_before && blank_after && lines[i][0] != ' ' &&
        (line.find_first_not_of('=') == line.npos || line.find_first_not_of('-') == line.npos)) {
      underline = true;
    }
    fence = fence || line.starts_with("```") || line.starts_with("~~~");
    items += line.starts_with("- ") || line.starts_with("* ");
    link = link || has_link(line);
    const std::size_t bold = line.find("**");
    strong = strong || (bold != line.npos && line.find("**", bold + 3) != line.npos);
    table = table || line.find("|--") != line.npos || line.find("| --") != line.npos || line.find("|:-") != line.npos;
    quote = quote || (line.starts_with("> ") && blank_before);
  }
  heading = headings >= 1;
  return heading + underline + fence + link + strong + table + quote + (items >= 2) + (headings >= 3);
}

/// By the name alone: languages that no mark in the text gives away for certain.
string_view named_type(string_view file_name) {
  static constexpr std::pair<string_view, string_view> kNames[] = {
      {".rst", "text/x-rst"},        {".adoc", "text/asciidoc"},   {".asciidoc", "text/asciidoc"},
      {".tex", "text/x-tex"},        {".ltx", "text/x-tex"},       {".py", "text/x-python"},
      {".pyi", "text/x-python"},     {".c", "text/x-c"},           {".h", "text/x-c"},
      {".cc", "text/x-c"},           {".cpp", "text/x-c"},         {".cxx", "text/x-c"},
      {".hh", "text/x-c"},           {".hpp", "text/x-c"},         {".cu", "text/x-c"},
      {".java", "text/x-java"},      {".js", "text/x-javascript"}, {".mjs", "text/x-javascript"},
      {".jsx", "text/x-javascript"}, {".ts", "text/x-typescript"}, {".tsx", "text/x-typescript"},
      {".go", "text/x-go"},          {".rs", "text/x-rust"},       {".cs", "text/x-csharp"},
      {".php", "text/x-php"},        {".swift", "text/x-swift"},   {".kt", "text/x-kotlin"},
      {".kts", "text/x-kotlin"},     {".scala", "text/x-scala"},   {".rb", "text/x-ruby"},
      {".lua", "text/x-lua"},        {".jl", "text/x-julia"}};
  for (const auto& [suffix, type] : kNames) {
    if (has_suffix(file_name, suffix)) return type;
  }
  return {};
}

/// SubRip: a number, then a line of two times.
bool is_subrip(const std::vector<string_view>& lines) {
  for (std::size_t i = 0; i < std::min<std::size_t>(lines.size(), 6); ++i) {
    const string_view line = trimmed(lines[i]);
    const std::size_t arrow = line.find(" --> ");
    if (arrow == line.npos || arrow < 8 || arrow > 12) continue;
    return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(arrow),
                       [](char c) { return is_digit(c) || c == ':' || c == ',' || c == '.'; });
  }
  return false;
}

}  // namespace

bool has_suffix(string_view name, string_view lower_suffix) {
  return name.size() >= lower_suffix.size() &&
         starts_with(name.substr(name.size() - lower_suffix.size()), lower_suffix);
}

std::string detect_text_type(string_view text, string_view file_name) {
  const string_view body = trimmed(text);
  const string_view named = named_type(file_name);
  if (named.starts_with("text/x-") && named != "text/x-rst" && named != "text/x-tex") return std::string(named);
  if (const string_view type = markup_type(body); !type.empty()) return std::string(type);
  if (body.starts_with("WEBVTT")) return "text/vtt";
  const bool named_markdown = has_suffix(file_name, ".md") || has_suffix(file_name, ".markdown");
  const TagCounts tags = count_tags(body);
  if (body.starts_with('<') && !named_markdown) {
    if (tags.html >= 2 && tags.html >= tags.other) return "text/html";
    if (tags.other >= 2) return "application/xml";
  }
  bool several = false;
  if ((body.starts_with('{') || body.starts_with('[')) && JsonCheck(body).passes(several)) {
    return several ? "application/x-ndjson" : "application/json";
  }
  const std::vector<string_view> lines = lines_of(text);
  if (is_mail(lines)) return lines[0].starts_with("From ") ? "application/mbox" : "message/rfc822";
  if (named_markdown) return "text/markdown";
  if (!named.empty()) return std::string(named);
  if (body.starts_with("\\documentclass")) return "text/x-tex";
  if (is_subrip(lines)) return "application/x-subrip";
  const bool named_plain = has_suffix(file_name, ".txt") || has_suffix(file_name, ".text");
  const bool named_table = has_suffix(file_name, ".csv") || has_suffix(file_name, ".tsv");
  if (const string_view type = table_type(lines, named_table); !type.empty() && !named_plain) return std::string(type);
  // Fragments of a page that begin with text: many tags for their length.
  if (tags.html >= 6 && tags.html > tags.other && static_cast<std::size_t>(tags.html) * 200 > body.size())
    return "text/html";
  if (!body.starts_with("#!") && markdown_evidence(lines) >= (named_plain ? 4 : 2)) return "text/markdown";
  return "text/plain";
}

}  // namespace millpond::extract
