#include "curate/pii/contacts.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "curate/words/char_classes.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

/// What the name before the @ is made of, besides single dots.
constexpr std::array<bool, 256> kNameChars = [] {
  std::array<bool, 256> chars{};
  for (int c = '0'; c <= '9'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) chars[static_cast<std::size_t>(c)] = chars[static_cast<std::size_t>(c - 32)] = true;
  for (const char c : std::string_view("!#$%&'*+/=?^_`{|}~-")) chars[static_cast<unsigned char>(c)] = true;
  return chars;
}();
bool is_name(char c) { return kNameChars[static_cast<unsigned char>(c)]; }

bool is_word_before(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  std::size_t begin = at - 1;
  while (begin > 0 && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return CharClasses::get().of(decode(text, begin)) & kWord;
}

/// Where the name that ends at `at` begins, not before `from`; kNone if there is none.
std::size_t name_begin(std::string_view text, std::size_t from, std::size_t at) {
  std::size_t begin = at;
  while (begin > from) {
    const char c = text[begin - 1];
    if (c == '.') {
      if (begin == at || text[begin] == '.' || begin - 1 == from || !is_name(text[begin - 2])) break;
    } else if (!is_name(c)) {
      break;
    }
    --begin;
  }
  // The pattern begins at a word boundary, the first there is.
  for (; begin < at; ++begin) {
    if (text[begin] == '.') continue;
    const bool word = is_alnum(text[begin]) || text[begin] == '_';
    if (is_word_before(text, begin) != word) return begin;
  }
  return kNone;
}

/// Digits of an octet of three, two or one digits at `at`, the most that the pattern takes.
std::size_t octet_digits(std::string_view text, std::size_t at) {
  std::size_t run = 0;
  while (run < 3 && at + run < text.size() && is_digit(text[at + run])) ++run;
  if (run < 3) return run;
  const char a = text[at], b = text[at + 1], c = text[at + 2];
  return a <= '1' || (a == '2' && (b <= '4' || (b == '5' && c <= '5'))) ? 3 : 2;
}

/// The end of "octet." at `at`, or kNone.
std::size_t octet_and_dot(std::string_view text, std::size_t at) {
  const std::size_t digits = octet_digits(text, at);
  const std::size_t end = at + digits;
  return digits > 0 && end < text.size() && text[end] == '.' ? end + 1 : kNone;
}

std::size_t literal_end(std::string_view text, std::size_t at) {  // after "["
  for (int i = 0; i < 3; ++i) {
    at = octet_and_dot(text, at);
    if (at == kNone) return kNone;
  }
  const std::size_t digits = octet_digits(text, at);
  if (digits > 0 && at + digits < text.size() && text[at + digits] == ']') return at + digits + 1;
  std::size_t end = at;
  while (end < text.size() && (is_alnum(text[end]) || text[end] == '-')) ++end;
  const bool tagged = end > at && is_alnum(text[end - 1]) && text.substr(end, 2) == ":]";
  return tagged ? end + 2 : kNone;
}

/// The end of the host name or address literal at `at`, or kNone.
std::size_t host_end(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '[') return literal_end(text, at + 1);
  std::size_t best = kNone;
  for (bool first = true;; first = false) {
    if (at >= text.size() || !is_alnum(text[at])) return best;
    std::size_t end = at, last = at;
    while (end < text.size() && (is_alnum(text[end]) || text[end] == '-')) {
      if (text[end] != '-') last = end + 1;
      ++end;
    }
    if (!first) best = last;
    if (last != end || end == text.size() || text[end] != '.') return best;
    at = end + 1;
  }
}

bool is_public(std::string_view address) {
  std::uint32_t value = 0;
  for (std::size_t at = 0, i = 0; i < 4; ++i, ++at) {
    std::uint32_t octet = 0;
    const std::size_t begin = at;
    for (; at < address.size() && is_digit(address[at]); ++at)
      octet = octet * 10 + static_cast<std::uint32_t>(address[at] - '0');
    if (at - begin > 1 && address[begin] == '0') return false;  // no address, as Python has it
    value = value << 8 | octet;
  }
  struct Net {
    std::uint32_t base;
    int bits;
  };
  constexpr Net kNets[] = {{0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
                           {0xAC100000, 12}, {0xC0000000, 29}, {0xC00000AA, 31}, {0xC0000200, 24}, {0xC0A80000, 16},
                           {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xF0000000, 4}};
  for (const Net& net : kNets) {
    if ((value ^ net.base) >> (32 - net.bits) == 0) return false;
  }
  return true;
}

bool is_address(std::string_view address) {  // the pattern lets leading zeros through
  for (std::size_t at = 0; at < address.size(); ++at) {
    const bool begins = at == 0 || address[at - 1] == '.';
    if (begins && address[at] == '0' && at + 1 < address.size() && is_digit(address[at + 1])) return false;
  }
  return true;
}

}  // namespace

void find_emails(std::string_view text, std::vector<Found>& found) {
  found.clear();
  std::size_t from = 0;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    if (at < from) continue;
    const std::size_t end = host_end(text, at + 1);
    if (end == kNone) continue;
    const std::size_t begin = name_begin(text, from, at);
    if (begin == kNone) continue;
    found.push_back({begin, end});
    from = end;
  }
}

void find_addresses(std::string_view text, bool public_only, std::vector<Found>& found) {
  found.clear();
  std::size_t from = 0;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
    if (dot <= from && dot > 0 && from > 0) continue;
    if (dot == 0 || dot + 1 >= text.size() || !is_digit(text[dot - 1]) || !is_digit(text[dot + 1])) continue;
    std::size_t at = dot + 1;
    for (int i = 0; i < 2 && at != kNone; ++i) at = octet_and_dot(text, at);
    if (at == kNone) continue;
    const std::size_t digits = octet_digits(text, at);
    if (digits == 0) continue;
    // The first octet begins as far left as it can.
    std::size_t begin = dot - 1;
    for (std::size_t back = 2; back <= 3 && dot - from >= back && is_digit(text[dot - back]); ++back) {
      if (back == 2 || octet_digits(text, dot - 3) == 3) begin = dot - back;
    }
    const std::string_view address = text.substr(begin, at + digits - begin);
    if (is_address(address) && (!public_only || is_public(address))) found.push_back({begin, at + digits});
    from = at + digits;
  }
}

}  // namespace millpond::curate
