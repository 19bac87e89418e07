#include "extract/source_code/units.h"

#include <algorithm>

namespace millpond::extract {
namespace {

constexpr std::size_t kNameMax = 120;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || !is_word(text[word.size()]));
}

bool has_word(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      const bool left = at == 0 || !is_word(text[at - 1]);
      if (left && (at + word.size() == text.size() || !is_word(text[at + word.size()]))) return true;
    }
  }
  return false;
}

std::string shortened_name(std::string_view text) {
  std::string name(trimmed_view(text));
  if (name.size() <= kNameMax) return name;
  std::size_t cut = kNameMax;
  while (cut > 0 && (name[cut] & 0xC0) == 0x80) --cut;
  return name.substr(0, cut) + "…";
}

/// Comments, decorators and attributes right above a definition are part of it.
std::size_t with_comments(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t floor) {
  while (begin > floor) {
    const std::string_view above = lines[begin - 1].text;
    const bool goes_with = above.starts_with("//") || above.starts_with('#') || above.starts_with('@') ||
                           above.starts_with("/*") || above.starts_with('*') || above.ends_with("*/") ||
                           above.starts_with("--") || above.starts_with("template");
    if (!goes_with || above.starts_with("#include") || above.starts_with("#!") || above.starts_with("#define")) break;
    --begin;
  }
  return begin;
}

void add_between(std::vector<CodeUnit>& units, std::size_t begin, std::size_t end) {
  if (begin < end) units.push_back({begin, end, {}, {}});
}

/// Definitions by indentation: `is_head` says where one starts, `stop` where it ends.
template <class IsHead, class Stop>
std::vector<CodeUnit> indented_units(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end,
                                     int depth, const IsHead& is_head, const Stop& stop) {
  constexpr std::size_t kWholeLines = 40;  // a class that is not longer stays in one piece
  std::vector<CodeUnit> units;
  std::size_t done = begin;
  for (std::size_t i = begin; i < end;) {
    if (lines[i].blank() || !is_head(lines[i].text)) {
      ++i;
      continue;
    }
    CodeUnit unit;
    unit.begin = with_comments(lines, i, done);
    unit.end = stop(i, end);
    std::string_view name = lines[i].text;
    while (name.ends_with(':') || name.ends_with('{') || name.ends_with(' ')) name.remove_suffix(1);
    unit.name = shortened_name(name);
    const bool container = has_word(name.substr(0, 40), {"class", "module", "trait", "interface", "impl", "struct"});
    if (container && unit.end - unit.begin > kWholeLines && depth < 3) {
      unit.inner = indented_units(lines, i + 1, unit.end, depth + 1, is_head, stop);
      const bool any =
          std::any_of(unit.inner.begin(), unit.inner.end(), [](const CodeUnit& u) { return !u.name.empty(); });
      if (!any)
        unit.inner.clear();
      else
        unit.inner.insert(unit.inner.begin(), CodeUnit{unit.begin, i + 1, {}, {}});
    }
    add_between(units, done, unit.begin);
    done = i = unit.end;
    units.push_back(std::move(unit));
  }
  add_between(units, done, end);
  return units;
}

/// The text of lines with strings and comments blanked, so that braces can be counted.
class BraceCounter {
 public:
  /// The depth behind this line; `opened` if a brace opened on it.
  int feed(std::string_view line, bool& opened) {
    opened = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      const char next = i + 1 < line.size() ? line[i + 1] : '\0';
      if (in_comment_) {
        if (c == '*' && next == '/') in_comment_ = false, ++i;
      } else if (quote_ != 0) {
        if (c == '\\')
          ++i;
        else if (c == quote_)
          quote_ = 0;
      } else if (c == '/' && next == '*') {
        in_comment_ = true, ++i;
      } else if (c == '/' && next == '/') {
        break;
      } else if (c == '"' || c == '`') {
        quote_ = c;
      } else if (c == '\'') {  // a character, or a lifetime, or an apostrophe
        if (i + 2 < line.size() && line[i + 1] != '\\' && line[i + 2] == '\'')
          i += 2;
        else if (next == '\\')
          i = std::min(line.size(), line.find('\'', i + 2));
      } else if (c == '{') {
        ++depth_, opened = true;
      } else if (c == '}') {
        depth_ = std::max(0, depth_ - 1);
      }
    }
    if (quote_ == '"') quote_ = 0;  // strings end at their line
    return depth_;
  }
  int depth() const { return depth_; }
  bool in_comment() const { return in_comment_; }

 private:
  int depth_ = 0;
  char quote_ = 0;
  bool in_comment_ = false;
};

bool is_brace_head(std::string_view text) {
  if (text.starts_with("//") || text.starts_with('*') || text.starts_with("/*") || text.starts_with('#')) return false;
  if (has_word(text.substr(0, 160), {"class", "struct", "interface", "enum", "trait", "impl", "func", "fn", "function",
                                     "fun", "union", "record", "protocol", "object", "module", "namespace"})) {
    return true;
  }
  static constexpr std::string_view kStatements[] = {"if", "for", "while", "switch", "else",
                                                     "do", "try", "catch", "return"};
  for (const std::string_view word : kStatements) {
    if (starts_with_word(text, word)) return false;
  }
  return text.find('(') != text.npos || text.find("=>") != text.npos;
}

std::vector<CodeUnit> brace_units_in(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end,
                                     int depth) {
  constexpr std::size_t kWholeLines = 60;
  std::vector<CodeUnit> units;
  BraceCounter braces;
  std::size_t done = begin;
  std::size_t head = begin;  // where the statement began that may open a definition
  bool fresh = true;
  for (std::size_t i = begin; i < end; ++i) {
    const std::string_view text = lines[i].text;
    if (braces.depth() == 0 && !braces.in_comment() && fresh && !text.empty()) head = i, fresh = false;
    bool opened = false;
    const int before = braces.depth(), after = braces.feed(text, opened);
    if (before == 0 && after == 0 && !opened) {
      if (text.ends_with(';') || text.empty() || text.starts_with('#') || text.starts_with("//") ||
          text.ends_with("*/"))
        fresh = true;
      continue;
    }
    if (before != 0 || !opened) {
      if (after == 0) fresh = true;
      continue;
    }
    std::size_t stop = i + 1;  // behind the brace that closes
    while (stop < end && braces.depth() > 0) braces.feed(lines[stop++].text, opened);
    if (stop < end && (lines[stop].text == ";" || lines[stop].text == ")" || lines[stop].text == ");")) ++stop;
    fresh = true;
    std::string name;
    for (std::size_t k = head; k <= i; ++k) (name += name.empty() ? "" : " ") += lines[k].text;
    const bool wrapper = starts_with_word(name, "namespace") || starts_with_word(name, "extern") ||
                         starts_with_word(name, "mod") || starts_with_word(name, "export namespace");
    if (!is_brace_head(name) && !wrapper) {
      i = stop - 1;
      continue;
    }
    const std::size_t brace = name.find('{');
    CodeUnit unit;
    unit.begin = with_comments(lines, head, done);
    unit.end = stop;
    unit.name = shortened_name(name.substr(0, brace));
    const bool container =
        has_word(unit.name, {"class", "struct", "interface", "trait", "impl", "protocol", "object", "module"});
    if ((wrapper || (container && stop - unit.begin > kWholeLines)) && depth < 4 && stop > i + 2) {
      std::vector<CodeUnit> inner = brace_units_in(lines, i + 1, stop - 1, depth + 1);
      const bool any = std::any_of(inner.begin(), inner.end(), [](const CodeUnit& u) { return !u.name.empty(); });
      if (any && wrapper) {  // a namespace is no place of its own
        add_between(units, done, i + 1);
        std::move(inner.begin(), inner.end(), std::back_inserter(units));
        done = stop - 1;
        i = stop - 1;
        continue;
      }
      if (any) {
        inner.insert(inner.begin(), CodeUnit{unit.begin, i + 1, {}, {}});
        inner.push_back({stop - 1, stop, {}, {}});
        unit.inner = std::move(inner);
      }
    }
    add_between(units, done, unit.begin);
    done = stop;
    i = stop - 1;
    units.push_back(std::move(unit));
  }
  add_between(units, done, end);
  return units;
}

}  // namespace

std::vector<CodeUnit> python_units(const std::vector<SourceLine>& lines) {
  const auto is_head = [](std::string_view text) {
    return text.starts_with("def ") || text.starts_with("class ") || text.starts_with("async def ");
  };
  const auto stop = [&](std::size_t i, std::size_t end) {
    const int indent = lines[i].indent;
    std::size_t last = i + 1;
    bool in_head = lines[i].text.find(':') == std::string_view::npos || !lines[i].text.ends_with(':');
    for (std::size_t k = i + 1; k < end; ++k) {
      if (lines[k].blank()) continue;
      if (in_head && lines[k].indent <= indent && !lines[k].text.starts_with(')')) break;
      if (in_head && lines[k].text.ends_with(':'))
        in_head = false;
      else if (!in_head && lines[k].indent <= indent)
        break;
      last = k + 1;
    }
    return last;
  };
  return indented_units(lines, 0, lines.size(), 0, is_head, stop);
}

std::vector<CodeUnit> brace_units(const std::vector<SourceLine>& lines) {
  return brace_units_in(lines, 0, lines.size(), 0);
}

std::vector<CodeUnit> end_units(const std::vector<SourceLine>& lines) {
  const auto is_head = [](std::string_view text) {
    for (const std::string_view word : {"def", "class", "module", "function", "local function", "struct", "macro"}) {
      if (starts_with_word(text, word)) return true;
    }
    return false;
  };
  const auto stop = [&](std::size_t i, std::size_t end) {
    for (std::size_t k = i + 1; k < end; ++k) {
      if (lines[k].indent <= lines[i].indent && starts_with_word(lines[k].text, "end")) return k + 1;
    }
    return i + 1;
  };
  return indented_units(lines, 0, lines.size(), 0, is_head, stop);
}

}  // namespace millpond::extract
