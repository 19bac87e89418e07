#include "curate/words/url_span.h"

#include "curate/words/english_tables.h"

namespace millpond::curate {
namespace {

bool is_ascii_alnum(char32_t c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }
bool is_host_edge(char32_t c) { return is_ascii_alnum(c) || (c >= 0xA1 && c <= 0xFFFF); }
bool is_host_inner(char32_t c) { return is_host_edge(c) || c == '_' || c == '-'; }

/// Port and path after a host, up to the end.
bool is_tail(const SpanChars& s, std::size_t at) {
  const auto is_path = [&](std::size_t i) {
    return i == s.size() || s.chars[i] == '/' || s.chars[i] == '?' || s.chars[i] == '#';
  };
  if (is_path(at)) return true;
  if (s.chars[at] != ':') return false;
  std::size_t digits = 0;
  while (at + 1 + digits < s.size() && digits < 6 && (s.classes[at + 1 + digits] & kDigit)) ++digits;
  return digits >= 2 && digits <= 5 && is_path(at + 1 + digits);
}

bool is_named_host(const SpanChars& s, std::size_t at) {
  std::size_t labels = 0;
  while (at < s.size()) {
    std::size_t end = at;
    bool lower = true;
    while (end < s.size() && is_host_inner(s.chars[end])) {
      lower = lower && (s.classes[end] & kLower);
      ++end;
    }
    const std::size_t length = end - at;
    if (length == 0) return false;
    // The pattern may end the domain here, or go on with a further label.
    if (labels > 0 && lower && length >= 2 && length <= 63 && is_tail(s, end)) return true;
    if (end == s.size() || s.chars[end] != '.') return false;
    if (length > 64 || !is_host_edge(s.chars[at]) || !is_host_edge(s.chars[end - 1])) return false;
    ++labels;
    at = end + 1;
  }
  return false;
}

/// Up to three digits of any script from `at`; how many.
std::size_t digits_at(const SpanChars& s, std::size_t at) {
  std::size_t count = 0;
  while (count < 4 && at + count < s.size() && (s.classes[at + count] & kDigit)) ++count;
  return count;
}

int ascii_number(const SpanChars& s, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (s.chars[at + i] < '0' || s.chars[at + i] > '9') return -1;
    value = value * 10 + static_cast<int>(s.chars[at + i] - '0');
  }
  return value;
}

bool is_address(const SpanChars& s, std::size_t at) {
  int octets[4];
  for (int i = 0; i < 4; ++i) {
    const std::size_t count = digits_at(s, at);
    if (count == 0 || count > 3) return false;
    octets[i] = ascii_number(s, at, count);
    const bool zero_led = count > 1 && s.chars[at] == '0';
    // The pattern allows leading zeros in the middle octets only ("1?\d{1,2}").
    if (octets[i] < 0 || octets[i] > 255 || (zero_led && (i == 0 || i == 3 || count == 3))) return false;
    at += count;
    if (i < 3 && (at >= s.size() || s.chars[at++] != '.')) return false;
  }
  if (octets[0] < 1 || octets[0] > 223 || octets[3] < 1 || octets[3] > 254) return false;
  if (octets[0] == 10 || octets[0] == 127 || (octets[0] == 169 && octets[1] == 254)) return false;
  if ((octets[0] == 192 && octets[1] == 168) || (octets[0] == 172 && octets[1] >= 16 && octets[1] <= 31)) return false;
  return is_tail(s, at);
}

}  // namespace

bool is_url(const SpanChars& s) {
  const auto is_host = [&](std::size_t at) {
    return at < s.size() && is_host_inner(s.chars[at]) && (is_named_host(s, at) || is_address(s, at));
  };
  if (is_host(0)) return true;
  std::size_t scheme = 0;
  while (scheme < s.size() &&
         ((s.classes[scheme] & kWord) || s.chars[scheme] == '+' || s.chars[scheme] == '-' || s.chars[scheme] == '.')) {
    ++scheme;
  }
  if (scheme >= 2 && scheme + 3 < s.size() && s.chars[scheme] == ':' && s.chars[scheme + 1] == '/' &&
      s.chars[scheme + 2] == '/' && is_host(scheme + 3)) {
    return true;
  }
  for (std::size_t at = 1; at < s.size(); ++at) {
    if (s.chars[at] == '@' && is_host(at + 1)) return true;
  }
  return false;
}

}  // namespace millpond::curate
