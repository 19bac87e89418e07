#include "curate/words/affixes.h"

#include <array>
#include <string>
#include <vector>

#include "curate/words/char_classes.h"
#include "curate/words/english_tables.h"

namespace millpond::curate {
namespace {

bool is_ascii_digit(char32_t c) { return c >= '0' && c <= '9'; }

const std::vector<std::u32string>& after_digits() {
  static const std::vector<std::u32string> endings = [] {
    std::vector<std::u32string> all;
    for (const auto list : {units(), currencies()}) {
      for (const std::string_view text : list) {
        std::u32string ending;
        for (std::size_t at = 0; at < text.size();) ending += decode(text, at);
        all.push_back(std::move(ending));
      }
    }
    return all;
  }();
  return endings;
}

/// Whether a unit or currency can end with it, by the lower bits.
bool may_end_unit(char32_t c) {
  static const std::array<bool, 256> ends = [] {
    std::array<bool, 256> found{};
    for (const std::u32string& ending : after_digits()) found[ending.back() & 0xFF] = true;
    return found;
  }();
  return ends[c & 0xFF];
}

/// The longest unit or currency at the end, directly after a digit.
std::size_t unit_length(const SpanChars& s) {
  if (s.size() < 2 || !may_end_unit(s.chars[s.size() - 1])) return 0;
  std::size_t longest = 0;
  bool digit = false;
  for (std::size_t back = 2; back <= 9 && back <= s.size(); ++back) digit |= is_ascii_digit(s.chars[s.size() - back]);
  if (!digit) return 0;
  for (const std::u32string& ending : after_digits()) {
    if (ending.size() <= longest || ending.size() >= s.size()) continue;
    const std::size_t at = s.size() - ending.size();
    if (!is_ascii_digit(s.chars[at - 1])) continue;
    std::size_t i = 0;
    while (i < ending.size() && s.chars[at + i] == ending[i]) ++i;
    if (i == ending.size()) longest = ending.size();
  }
  return longest;
}

bool stop_is_split(const SpanChars& s) {  // the last character is a full stop
  const std::size_t n = s.size();
  if (n >= 2 && (is_ascii_digit(s.chars[n - 2]) || (s.classes[n - 2] & kBeforeStop))) return true;
  if (n >= 3 && (s.classes[n - 2] & s.classes[n - 3] & kUpper)) return true;
  if (n >= 3 && s.chars[n - 3] == 0xB0) {
    const char32_t c = s.chars[n - 2] | 32;
    return c == 'f' || c == 'c' || c == 'k';
  }
  return false;
}

std::size_t hyphen_length(const SpanChars& s, std::size_t at) {
  const char32_t c = s.chars[at];
  if (c != '-' && c != 0x2013 && c != 0x2014 && c != '~') return 0;
  const std::size_t most = c == '-' ? 3 : c == 0x2014 ? 2 : 1;
  for (std::size_t length = 1; length <= most && at + length < s.size(); ++length) {
    if (s.classes[at + length] & kAlpha) return length;
    if (s.chars[at + length] != c) return 0;
  }
  return 0;
}

}  // namespace

std::size_t prefix_length(const SpanChars& s) {
  if (s.size() == 0) return 0;
  const char32_t c = s.chars[0];
  if (s.classes[0] & kPrefix) return 1;
  if (c == '+') return s.size() > 1 && is_ascii_digit(s.chars[1]) ? 0 : 1;
  if (c == '.') {
    std::size_t run = 1;
    while (run < s.size() && s.chars[run] == '.') ++run;
    return run > 1 ? run : 0;
  }
  if (c == 'U' && s.size() > 2 && s.chars[1] == 'S' && s.chars[2] == '$') return 3;
  if ((c == 'C' || c == 'A') && s.size() > 1 && s.chars[1] == '$') return 2;
  return 0;
}

std::size_t suffix_length(const SpanChars& s) {
  const std::size_t n = s.size();
  if (n == 0) return 0;
  const char32_t c = s.chars[n - 1];
  if (c == '.') {
    std::size_t run = 1;
    while (run < n && s.chars[n - 1 - run] == '.') ++run;
    if (run > 1) return run;
    return stop_is_split(s) ? 1 : 0;
  }
  std::size_t length = s.classes[n - 1] & kSuffix ? 1 : 0;
  if (c == 0x2026 && n > 1 && s.chars[n - 2] == 0x2026) length = 2;
  if ((c | 32) == 's' && n > 1 && (s.chars[n - 2] == '\'' || s.chars[n - 2] == 0x2019)) length = 2;
  if (c == '+' && n > 1 && is_ascii_digit(s.chars[n - 2])) length = 1;
  const std::size_t unit = unit_length(s);
  return unit > length ? unit : length;
}

std::size_t infix_length(const SpanChars& s, std::size_t at) {
  const std::size_t n = s.size();
  const char32_t c = s.chars[at];
  const std::uint32_t before = at > 0 ? s.classes[at - 1] : 0, after = at + 1 < n ? s.classes[at + 1] : 0;
  if (c == '.') {
    std::size_t run = 1;
    while (at + run < n && s.chars[at + run] == '.') ++run;
    if (run > 1) return run;
    return (before & (kLower | kQuote)) && (after & (kUpper | kQuote)) ? 1 : 0;
  }
  if (c == 0x2026 || (s.classes[at] & kIcon)) return 1;
  const bool digit_before = at > 0 && is_ascii_digit(s.chars[at - 1]);
  if ((c == '+' || c == '-' || c == '*' || c == '^') && digit_before && at + 1 < n &&
      (is_ascii_digit(s.chars[at + 1]) || s.chars[at + 1] == '-')) {
    return 1;
  }
  if (c == ',') return (before & kAlpha) && (after & kAlpha) ? 1 : 0;
  if (!digit_before && !(before & kAlpha)) return 0;
  if (const std::size_t hyphen = hyphen_length(s, at); hyphen > 0) return hyphen;
  const bool joint = c == ':' || c == '<' || c == '>' || c == '=' || c == '/';
  return joint && (after & kAlpha) ? 1 : 0;
}

}  // namespace millpond::curate
