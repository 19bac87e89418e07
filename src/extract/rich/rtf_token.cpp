#include "extract/rich/rtf_token.h"

#include <algorithm>

namespace millpond::extract {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

RtfToken control(std::string_view& rest) {
  RtfToken token;
  rest.remove_prefix(1);
  if (rest.empty()) return token;
  token.kind = RtfToken::Kind::kWord;
  if (!is_letter(rest[0])) {
    if (rest[0] == '\'' && rest.size() >= 3 && hex_digit(rest[1]) >= 0 && hex_digit(rest[2]) >= 0) {
      token.kind = RtfToken::Kind::kByte;
      token.byte = static_cast<unsigned char>(hex_digit(rest[1]) * 16 + hex_digit(rest[2]));
      rest.remove_prefix(3);
      return token;
    }
    token.text = rest.substr(0, 1);
    rest.remove_prefix(1);
    return token;
  }
  std::size_t end = 0;
  while (end < rest.size() && is_letter(rest[end])) ++end;
  token.text = rest.substr(0, end);
  std::size_t at = end;
  const bool negative = at < rest.size() && rest[at] == '-';
  if (negative) ++at;
  if (at < rest.size() && is_digit(rest[at])) {
    long value = 0;
    for (; at < rest.size() && is_digit(rest[at]); ++at)
      value = std::min(value * 10 + (rest[at] - '0'), 1'000'000'000L);
    token.number = static_cast<int>(negative ? -value : value);
    token.has_number = true;
    end = at;
  }
  if (end < rest.size() && rest[end] == ' ') ++end;
  rest.remove_prefix(end);
  if (token.text == "bin" && token.number > 0) {
    rest.remove_prefix(std::min(rest.size(), static_cast<std::size_t>(token.number)));
  }
  return token;
}

}  // namespace

RtfToken next_rtf_token(std::string_view& rest) {
  while (!rest.empty() && (rest[0] == '\r' || rest[0] == '\n' || rest[0] == '\0')) rest.remove_prefix(1);
  if (rest.empty()) return {};
  RtfToken token;
  if (rest[0] == '\\') return control(rest);
  if (rest[0] == '{' || rest[0] == '}') {
    token.kind = rest[0] == '{' ? RtfToken::Kind::kOpen : RtfToken::Kind::kClose;
    rest.remove_prefix(1);
    return token;
  }
  token.kind = RtfToken::Kind::kText;
  const std::size_t end = std::min(rest.find_first_of(std::string_view("\\{}\r\n\0", 6)), rest.size());
  token.text = rest.substr(0, end);
  rest.remove_prefix(end);
  return token;
}

}  // namespace millpond::extract
