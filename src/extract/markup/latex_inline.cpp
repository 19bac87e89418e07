#include "extract/markup/latex_inline.h"

#include <algorithm>

#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr int kDepthMax = 60;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The combining character of an accent; empty if the command is none.
std::string_view accent(std::string_view command) {
  static constexpr std::pair<std::string_view, std::string_view> kAccents[] = {
      {"'", "\u0301"}, {"`", "\u0300"}, {"^", "\u0302"}, {"\"", "\u0308"}, {"~", "\u0303"},
      {"=", "\u0304"}, {".", "\u0307"}, {"c", "\u0327"}, {"v", "\u030C"},  {"u", "\u0306"},
      {"H", "\u030B"}, {"k", "\u0328"}, {"r", "\u030A"}, {"d", "\u0323"},  {"b", "\u0331"}};
  for (const auto& [name, mark] : kAccents) {
    if (name == command) return mark;
  }
  return {};
}

/// What a command without arguments stands for; null if it is not one of these.
const char* symbol(std::string_view command) {
  static constexpr std::pair<std::string_view, const char*> kSymbols[] = {{"&", "&"},
                                                                          {"%", "%"},
                                                                          {"_", "_"},
                                                                          {"#", "#"},
                                                                          {"$", "$"},
                                                                          {"{", "{"},
                                                                          {"}", "}"},
                                                                          {" ", " "},
                                                                          {",", " "},
                                                                          {";", " "},
                                                                          {":", " "},
                                                                          {"!", ""},
                                                                          {"/", ""},
                                                                          {"-", ""},
                                                                          {"@", ""},
                                                                          {"ss", "ß"},
                                                                          {"ae", "æ"},
                                                                          {"AE", "Æ"},
                                                                          {"oe", "œ"},
                                                                          {"OE", "Œ"},
                                                                          {"o", "ø"},
                                                                          {"O", "Ø"},
                                                                          {"aa", "å"},
                                                                          {"AA", "Å"},
                                                                          {"l", "ł"},
                                                                          {"L", "Ł"},
                                                                          {"i", "i"},
                                                                          {"j", "j"},
                                                                          {"S", "§"},
                                                                          {"P", "¶"},
                                                                          {"dag", "†"},
                                                                          {"ddag", "‡"},
                                                                          {"pounds", "£"},
                                                                          {"copyright", "©"},
                                                                          {"ldots", "…"},
                                                                          {"dots", "…"},
                                                                          {"textellipsis", "…"},
                                                                          {"LaTeX", "LaTeX"},
                                                                          {"TeX", "TeX"},
                                                                          {"BibTeX", "BibTeX"},
                                                                          {"textbackslash", "\\"},
                                                                          {"textasciitilde", "~"},
                                                                          {"textasciicircum", "^"},
                                                                          {"textbar", "|"},
                                                                          {"textless", "<"},
                                                                          {"textgreater", ">"},
                                                                          {"textendash", "–"},
                                                                          {"textemdash", "—"},
                                                                          {"textquoteright", "’"},
                                                                          {"textquoteleft", "‘"},
                                                                          {"textquotedblleft", "“"},
                                                                          {"textquotedblright", "”"},
                                                                          {"textbullet", "•"},
                                                                          {"textdegree", "°"},
                                                                          {"texttrademark", "™"},
                                                                          {"textregistered", "®"},
                                                                          {"euro", "€"},
                                                                          {"quad", " "},
                                                                          {"qquad", " "},
                                                                          {"slash", "/"},
                                                                          {"par", "\n"},
                                                                          {"newline", " "},
                                                                          {"linebreak", " "},
                                                                          {"today", ""}};
  for (const auto& [name, text] : kSymbols) {
    if (name == command) return text;
  }
  return nullptr;
}

/// Commands whose arguments are not text, with how many they have.
int dropped_arguments(std::string_view command) {
  static constexpr std::pair<std::string_view, int> kDropped[] = {
      {"label", 1},           {"vspace", 1},      {"hspace", 1},       {"includegraphics", 1}, {"bibliographystyle", 1},
      {"usepackage", 1},      {"setlength", 2},   {"addtolength", 2},  {"pagestyle", 1},       {"thispagestyle", 1},
      {"input", 1},           {"include", 1},     {"bibliography", 1}, {"index", 1},           {"setcounter", 2},
      {"addtocounter", 2},    {"newcommand", 2},  {"renewcommand", 2}, {"providecommand", 2},  {"newenvironment", 3},
      {"newtheorem", 2},      {"definecolor", 3}, {"color", 1},        {"textcolor", 1},       {"colorbox", 1},
      {"fontsize", 2},        {"selectfont", 0},  {"hypersetup", 1},   {"graphicspath", 1},    {"phantomsection", 0},
      {"addcontentsline", 3}, {"hfill", 0},       {"rule", 2},         {"vskip", 0},           {"raisebox", 1},
      {"resizebox", 2},       {"scalebox", 1},    {"rotatebox", 1},    {"cline", 1},           {"cmidrule", 1},
      {"multirow", 2},        {"multicolumn", 2}, {"parbox", 1},       {"hyphenation", 1},     {"nocite", 1}};
  for (const auto& [name, count] : kDropped) {
    if (name == command) return count;
  }
  return -1;
}

void skip_space(std::string_view text, std::size_t& at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
}

class InlineReader {
 public:
  InlineReader(LatexInline& marks, std::string_view text, int depth) : marks_(marks), text_(text), depth_(depth) {}

  std::string read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\') {
        command();
      } else if (c == '$') {
        math();
      } else if (c == '{' || c == '}') {
        ++at_;
      } else if (c == '~') {
        out_ += ' ';
        ++at_;
      } else if (!quote()) {
        out_ += c;
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  bool quote() {
    static constexpr std::pair<std::string_view, std::string_view> kMarks[] = {{"---", "—"}, {"--", "–"}, {"``", "“"},
                                                                               {"''", "”"},  {"`", "‘"},  {"'", "’"}};
    for (const auto& [from, to] : kMarks) {
      if (!starts(from)) continue;
      out_ += to;
      at_ += from.size();
      return true;
    }
    return false;
  }

  void math() {
    const std::string_view mark = text_.substr(at_, starts("$$") ? 2 : 1);
    std::size_t end = text_.find(mark, at_ + mark.size());
    while (end != text_.npos && text_[end - 1] == '\\') end = text_.find(mark, end + 1);
    if (end == text_.npos) {
      out_ += text_[at_++];
      return;
    }
    out_ += "$";
    out_ += text_.substr(at_ + mark.size(), end - at_ - mark.size());
    out_ += "$";
    at_ = end + mark.size();
  }

  std::string argument() {
    skip_space(text_, at_);
    if (at_ >= text_.size()) return {};
    if (text_[at_] == '{') return marks_.text(latex_group(text_, at_), depth_ + 1);
    if (text_[at_] == '\\') {
      const std::string_view name = latex_command(text_, at_);
      const char* const found = symbol(name);
      return found ? found : "";
    }
    std::size_t end = at_ + 1;
    while (end < text_.size() && (text_[end] & 0xC0) == 0x80) ++end;
    const std::string_view one = text_.substr(at_, end - at_);
    at_ = end;
    return std::string(one);
  }

  void command() {
    const std::string_view name = latex_command(text_, at_);
    if (name == "\\" || name == "newline") {
      if (at_ < text_.size() && text_[at_] == '[') (void)latex_group(text_, at_, '[');
      out_ += ' ';
      return;
    }
    if (name == "(") {
      const std::size_t end = std::min(text_.find("\\)", at_), text_.size());
      out_.append("$").append(text_.substr(at_, end - at_)).append("$");
      at_ = std::min(text_.size(), end + 2);
      return;
    }
    if (const std::string_view mark = accent(name); !mark.empty()) {
      std::string base = argument();
      std::size_t first = base.empty() ? 0 : 1;
      while (first < base.size() && (base[first] & 0xC0) == 0x80) ++first;
      out_ += base.insert(first, mark);
      return;
    }
    if (const char* const found = symbol(name)) {
      out_ += found;
      if (!name.empty() && is_letter(name[0])) skip_space(text_, at_);
      if (starts("{}")) at_ += 2;
      return;
    }
    with_arguments(name);
  }

  void with_arguments(std::string_view name) {
    while (at_ < text_.size() && text_[at_] == '[') (void)latex_group(text_, at_, '[');
    if (name == "verb" && at_ < text_.size()) {
      const std::size_t end = std::min(text_.find(text_[at_], at_ + 1), text_.size());
      out_ += text_.substr(at_ + 1, end - at_ - 1);
      at_ = std::min(text_.size(), end + 1);
      return;
    }
    if (const int dropped = dropped_arguments(name); dropped >= 0) {
      for (int i = 0; i < dropped; ++i) {
        while (at_ < text_.size() && text_[at_] == '[') (void)latex_group(text_, at_, '[');
        skip_space(text_, at_);
        if (at_ < text_.size() && text_[at_] == '{')
          (void)latex_group(text_, at_);
        else if (at_ < text_.size() && text_[at_] == '\\')
          (void)latex_command(text_, at_);
      }
      return;
    }
    if (name == "def" || name == "let" || name == "gdef") {
      if (at_ < text_.size() && text_[at_] == '\\') (void)latex_command(text_, at_);
      at_ = std::min(text_.find('{', at_), text_.size());
      (void)latex_group(text_, at_);
      return;
    }
    if (name == "footnote" || name == "thanks") {
      LatexInline inner;
      skip_space(text_, at_);
      std::string note = inner.text(latex_group(text_, at_), depth_ + 1);
      marks_.notes.push_back(std::move(note));
      return;
    }
    if (name == "href") {
      (void)latex_group(text_, at_);
      return;
    }
    if (name.starts_with("cite") || name.ends_with("cite") || name == "ref" || name == "eqref" || name == "autoref" ||
        name == "cref" || name == "Cref" || name == "pageref") {
      if (at_ < text_.size() && text_[at_] == '{') out_ += "[" + std::string(latex_group(text_, at_)) + "]";
      return;
    }
    if (name == "begin" || name == "end") (void)latex_group(text_, at_);
    if (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;  // ends the command's name
  }

  LatexInline& marks_;
  const std::string_view text_;
  const int depth_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::string LatexInline::text(std::string_view text, int depth) {
  if (depth > kDepthMax) return std::string(text);
  return InlineReader(*this, text, depth).read();
}

std::string_view latex_group(std::string_view text, std::size_t& at, char open) {
  if (at >= text.size() || text[at] != open) return {};
  const char close = open == '{' ? '}' : ']';
  int depth = 0, braces = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (open == '[' && c == '{') {
      ++braces;
    } else if (open == '[' && c == '}') {
      --braces;
    } else if (c == open && braces == 0) {
      ++depth;
    } else if (c == close && braces <= 0 && --depth == 0) {
      const std::string_view inside = text.substr(at + 1, i - at - 1);
      at = i + 1;
      return inside;
    }
  }
  ++at;  // never closed
  return {};
}

std::string_view latex_command(std::string_view text, std::size_t& at) {
  const std::size_t begin = ++at;
  while (at < text.size() && is_letter(text[at])) ++at;
  if (at == begin && at < text.size()) ++at;
  const std::string_view name = text.substr(begin, at - begin);
  if (at < text.size() && text[at] == '*' && !name.empty() && is_letter(name[0])) ++at;
  return name;
}

}  // namespace millpond::extract
