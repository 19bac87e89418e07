#include "extract/markup/rst_inline.h"

#include <algorithm>

namespace millpond::extract {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/// "text <target>" → "text"; "<target>" alone → "target"; "~a.b.c" → "c".
std::string_view shown_of(std::string_view inside, bool role) {
  const std::size_t open = inside.rfind('<');
  if (open != inside.npos && inside.ends_with('>')) {
    std::string_view text = inside.substr(0, open);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text.empty() ? inside.substr(open + 1, inside.size() - open - 2) : text;
  }
  if (role && inside.starts_with('~')) {
    const std::size_t dot = inside.rfind('.');
    return dot == inside.npos ? inside.substr(1) : inside.substr(dot + 1);
  }
  if (role && inside.starts_with('!')) inside.remove_prefix(1);
  return inside;
}

/// Length of ":role:" at the start of `text`, before a backquote; 0 if there is none.
std::size_t role_length(std::string_view text) {
  if (!text.starts_with(':')) return 0;
  std::size_t at = 1;
  while (at < text.size() &&
         (is_word(text[at]) || text[at] == ':' || text[at] == '-' || text[at] == '+' || text[at] == '.'))
    ++at;
  return at > 2 && text[at - 1] == ':' && at < text.size() && text[at] == '`' ? at : 0;
}

}  // namespace

std::string RstInline::text(std::string_view rest) const {
  std::string out;
  const auto drop = [&](std::size_t n) { rest.remove_prefix(std::min(n, rest.size())); };
  bool parted = false;  // an escaped space parts words without a space
  while (!rest.empty()) {
    const bool at_start = parted || out.empty() || !is_word(out.back());
    parted = false;
    if (rest[0] == '\\' && rest.size() > 1) {
      parted = rest[1] == ' ';
      if (!parted) out += rest[1];
      drop(2);
    } else if (rest.starts_with("``")) {
      const std::size_t end = rest.find("``", 2);
      if (end == rest.npos) return out.append(rest);
      out += rest.substr(2, end - 2);
      drop(end + 2);
    } else if (const std::size_t role = at_start ? role_length(rest) : 0; role > 0 || rest[0] == '`') {
      const std::size_t end = rest.find('`', role + 1);
      if (end == rest.npos) return out.append(rest);
      const std::string_view inside = rest.substr(role + 1, end - role - 1);
      out +=
          rest.substr(0, role) == ":math:" ? "$" + std::string(inside) + "$" : std::string(shown_of(inside, role > 0));
      drop(end + 1);
      while (rest.starts_with('_')) drop(1);
    } else if (rest[0] == '*' && at_start) {
      const std::string_view mark = rest.substr(0, rest.starts_with("**") ? 2 : 1);
      const std::size_t end = rest.find(mark, mark.size());
      const bool marked = end != rest.npos && end > mark.size() && rest[mark.size()] != ' ' && rest[end - 1] != ' ';
      out += marked ? rest.substr(mark.size(), end - mark.size()) : mark;
      drop(marked ? end + mark.size() : mark.size());
    } else if (rest[0] == '|' && at_start) {
      const std::size_t end = rest.find('|', 1);
      const auto found = end == rest.npos ? substitutions.end() : substitutions.find(rest.substr(1, end - 1));
      if (found != substitutions.end()) {
        out += found->second;
        drop(end + 1);
        if (rest.starts_with('_')) drop(1);
      } else {
        out += '|';
        drop(1);
      }
    } else if (rest[0] == '_' && !out.empty() && (is_word(out.back()) || out.back() == ']') &&
               (rest.size() == 1 || !is_word(rest[rest.starts_with("__") && rest.size() > 2 ? 2 : 1]))) {
      drop(rest.starts_with("__") ? 2 : 1);  // a reference
    } else {
      out += rest[0];
      drop(1);
    }
  }
  return out;
}

}  // namespace millpond::extract
