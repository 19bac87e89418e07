#include "extract/markup/asciidoc_inline.h"

#include <algorithm>

namespace millpond::extract {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

/// The bracket that closes the one at `open`.
std::size_t closing(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '[')
      ++depth;
    else if (text[i] == ']' && --depth == 0)
      return i;
  }
  return text.npos;
}

}  // namespace

std::string AsciiDocInline::text(std::string_view rest) {
  std::string out;
  const auto drop = [&](std::size_t n) { rest.remove_prefix(std::min(n, rest.size())); };
  while (!rest.empty()) {
    const bool at_start = out.empty() || !is_word(out.back());
    const char c = rest[0];
    if (c == '{') {
      const std::size_t end = rest.find('}');
      const auto found = end == rest.npos ? attributes.end() : attributes.find(rest.substr(1, end - 1));
      if (found != attributes.end()) {
        out += found->second;
        drop(end + 1);
        continue;
      }
    }
    if (rest.starts_with("<<")) {
      const std::size_t end = rest.find(">>");
      if (end != rest.npos) {
        const std::string_view inside = rest.substr(2, end - 2);
        const std::size_t comma = inside.find(',');
        out += comma == inside.npos ? inside
                                    : inside.substr(inside.find_first_not_of(' ', comma + 1) == inside.npos
                                                        ? comma + 1
                                                        : inside.find_first_not_of(' ', comma + 1));
        drop(end + 2);
        continue;
      }
    }
    if (rest.starts_with("[[")) {
      const std::size_t end = rest.find("]]");
      if (end != rest.npos) {
        drop(end + 2);
        continue;
      }
    }
    if (at_start && is_word(c)) {  // a macro: name:target[text], or an address with a text
      std::size_t word = 0;
      while (word < rest.size() && is_word(rest[word])) ++word;
      const std::size_t open = rest.find('[', word);
      const bool macro =
          word < rest.size() && rest[word] == ':' && open != rest.npos && rest.substr(0, open).find(' ') == rest.npos;
      const std::size_t close = macro ? closing(rest, open) : rest.npos;
      if (close != rest.npos) {
        const std::string_view name = rest.substr(0, word), inside = rest.substr(open + 1, close - open - 1);
        const std::string_view target = rest.substr(word + 1, open - word - 1);
        const bool address = target.starts_with("//");
        if (name == "footnote" || name == "footnoteref") {
          std::vector<std::string> kept = std::move(notes);
          std::string note = text(inside);
          notes = std::move(kept);
          notes.push_back(std::move(note));
        } else if (name != "image" && name != "icon" && name != "indexterm") {
          const std::string_view shown = inside.substr(0, inside.find(",window="));
          out += !shown.empty() ? text(shown) : address ? std::string(rest.substr(0, open)) : std::string(target);
        }
        drop(close + 1);
        continue;
      }
      out += rest.substr(0, word);
      drop(word);
      continue;
    }
    static constexpr std::string_view kMarks = "*_`#+^~";
    if (kMarks.find(c) != kMarks.npos) {
      const bool twice = rest.size() > 1 && rest[1] == c;
      const std::string_view mark = rest.substr(0, twice ? 2 : 1);
      const bool anywhere = twice || c == '^' || c == '~';
      std::size_t end = at_start || anywhere ? rest.find(mark, mark.size() + 1) : rest.npos;
      while (end != rest.npos && !anywhere && end + 1 < rest.size() && is_word(rest[end + 1]))
        end = rest.find(mark, end + 1);
      if (end != rest.npos && rest[mark.size()] != ' ' && rest[end - 1] != ' ') {
        const std::string_view inside = rest.substr(mark.size(), end - mark.size());
        out += c == '`' || c == '+' ? std::string(inside) : text(inside);
        drop(end + mark.size());
        continue;
      }
    }
    if (c == '\\' && rest.size() > 1 && !is_word(rest[1])) drop(1);
    if (rest.empty()) break;
    out += rest[0];
    drop(1);
  }
  return out;
}

}  // namespace millpond::extract
