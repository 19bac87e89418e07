#include "extract/text/lines.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "extract/text/clean.h"
#include "extract/text/words8.h"

namespace millpond::extract {
namespace {

unsigned char byte(char c) { return static_cast<unsigned char>(c); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// Lead bytes of the blocks from U+3000 to U+D7FF: kana, ideographs, hangul.
bool is_wide_lead(unsigned char c) { return c >= 0xE3 && c <= 0xED; }

// The common case of `next_line`: printable ASCII to the end of the line. False: nothing was done.
bool plain_line(const char* p, const char* end, Line& line, std::string_view& rest) {
  if constexpr (std::endian::native != std::endian::little) return false;
  if (p == end) return false;
  const auto* const found = static_cast<const char*>(std::memchr(p, '\n', std::size_t(end - p)));
  const char* const next = found == nullptr ? end : found + 1;
  const char* stop = found == nullptr ? end : found;
  if (stop > p && stop[-1] == '\r') --stop;
  while (stop > p && stop[-1] == ' ') --stop;
  unsigned run = 0;  // a bit a byte, set for spaces; the last two bytes of the word before at the bottom
  const char* at = p;
  for (; stop - at >= 8; at += 8) {
    const std::uint64_t word = load8(at);
    if (!all_printable(word)) return false;
    const auto spaces = unsigned((spaces_of(word) >> 7) * 0x0102040810204080u >> 56);
    run = run >> 8 | spaces << 2;
    line.gap |= (run & run >> 1 & run >> 2) != 0;
  }
  run = run >> 8;
  int spaces = run == 3 ? 2 : run >= 2 ? 1 : 0;
  for (; at < stop; ++at) {
    if (*at < ' ' || *at > '~') return false;
    spaces = *at == ' ' ? spaces + 1 : 0;
    line.gap |= spaces >= 3;
  }
  line.text = std::string_view(p, std::size_t(stop - p));
  line.width = int(line.text.size());
  rest.remove_prefix(std::size_t(next - rest.data()));
  return true;
}

}  // namespace

Line next_line(std::string_view& rest) {
  Line line;
  const char* p = rest.data();
  const char* const end = p + rest.size();
  while (p < end && (*p == ' ' || *p == '\t')) {
    line.indent = *p == ' ' ? line.indent + 1 : (line.indent / 8 + 1) * 8;
    ++p;
  }
  if (plain_line(p, end, line, rest)) return line;
  const char* const begin = p;
  const char* last = p;  // behind the last character that is not white space
  int run = 0, width = 0;
  line.gap = false;
  for (; p < end; ++p) {
    const unsigned char c = byte(*p);
    if (c > ' ') {
      if (run >= 3) line.gap = true;
      width += run + int((c & 0xC0) != 0x80) + int(is_wide_lead(c));
      run = 0;
      last = p + 1;
    } else if (c == '\n' || c == '\f' || c == '\r') {
      break;
    } else {
      run += c == '\t' ? 3 : 1;
    }
  }
  line.text = std::string_view(begin, std::size_t(last - begin));
  line.width = width;
  if (p < end && *p == '\r' && p + 1 < end && p[1] == '\n') ++p;
  rest.remove_prefix(std::size_t(std::min(p + 1, end) - rest.data()));
  return line;
}

char rule_character(std::string_view text) {
  if (text.size() < 3 || std::strchr("=-~^\"*#+`:_'.<>", text[0]) == nullptr) return 0;
  return text.find_first_not_of(text[0]) == text.npos ? text[0] : char(0);
}

std::size_t item_mark_length(std::string_view text) {
  std::size_t n = 0;
  if (text.size() < 3) return 0;
  if (std::strchr("-*+", text[0]) != nullptr)
    n = 1;
  else if (text.starts_with("\u2022") || text.starts_with("\u2013") || text.starts_with("\u25E6") ||
           text.starts_with("\u25AA") || text.starts_with("\u25CF"))
    n = 3;
  else if (text.starts_with("\u00B7"))
    n = 2;
  else {
    const std::size_t open = text[0] == '(' ? 1 : 0;
    std::size_t i = open;
    while (i < text.size() && i < open + 3 && is_digit(text[i])) ++i;
    if (i == open) {
      while (i < text.size() && i < open + 4 && (text[i] == 'i' || text[i] == 'v' || text[i] == 'x')) ++i;
      if (i == open && is_lower(text[i])) ++i;
    }
    if (i == open || i >= text.size()) return 0;
    if (text[i] == ')' || (text[i] == '.' && open == 0 && is_digit(text[0]))) n = i + 1;
  }
  if (n == 0 || n >= text.size() || (text[n] != ' ' && text[n] != '\t')) return 0;
  while (n < text.size() && (text[n] == ' ' || text[n] == '\t')) ++n;
  return n;
}

bool is_numbered(std::string_view text) {
  return !text.empty() && (is_digit(text[0]) || text[0] == '(' || is_lower(text[0]));
}

std::size_t section_number_length(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && i < 14 && (is_digit(text[i]) || (text[i] == '.' && i > 0 && is_digit(text[i - 1])))) ++i;
  if (i == 0 || i >= text.size() || text[i] != ' ') return 0;
  while (i < text.size() && text[i] == ' ') ++i;
  return i;
}

int section_depth(std::string_view text) {
  const std::size_t length = section_number_length(text);
  if (length == 0 || length >= text.size() || !is_upper(text[length])) return 0;
  std::string_view number = text.substr(0, text.find(' '));
  if (number.ends_with('.')) number.remove_suffix(1);
  // 1998 is a year, 3.14159 a value.
  int depth = 1;
  std::size_t digits = 0;
  for (const char c : number) {
    if (c == '.')
      ++depth, digits = 0;
    else if (++digits > 2)
      return 0;
  }
  return depth;
}

bool is_upper_case(std::string_view text) {
  int letters = 0;
  for (const char c : text) {
    if (is_lower(c)) return false;
    letters += is_upper(c);
  }
  return letters >= 4;
}

bool has_lower_case(std::string_view text) { return std::any_of(text.begin(), text.end(), is_lower); }

int first_word_width(std::string_view text) {
  int width = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t') break;
    if (is_wide_lead(byte(c))) return width + 2;  // breaks are allowed between ideographs
    width += (byte(c) & 0xC0) != 0x80;
  }
  return width;
}

bool is_drawn(std::string_view text) {
  if (text.size() < 3) return false;
  if (text[0] == '|' && text.back() == '|') return true;
  if (text[0] == '+' && text.back() == '+' && text.find_first_not_of("+-=") == text.npos) return true;
  return text.find("\u2500\u2500") != text.npos || text.starts_with("\u2502") || text.starts_with("\u251C") ||
         text.find("-----+-----") != text.npos || text.find("---  ---") != text.npos ||
         text.find("===  ===") != text.npos;
}

void append_joined(std::string& paragraph, std::string_view line) {
  if (!paragraph.empty() && !line.empty()) {
    const std::size_t n = paragraph.size();
    const bool wide = n >= 3 && is_wide_lead(byte(paragraph[n - 3])) && is_wide_lead(byte(line[0]));
    const bool hyphen = n >= 2 && paragraph[n - 1] == '-' && is_lower(paragraph[n - 2]) && is_lower(line[0]);
    if (!wide && !hyphen) paragraph += ' ';
  }
  append_collapsed(paragraph, line);
}

}  // namespace millpond::extract
