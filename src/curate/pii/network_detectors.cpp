// IPv4, IPv6 and hardware addresses.

#include <cstdint>

#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kAddressWords[] = {"ip",   "ipv4", "address", "addr",    "host",   "server", "client",
                                              "from", "peer", "dns",     "gateway", "remote", "login",  "ping"};
constexpr std::string_view kVersionWords[] = {"version", "versions", "v",     "release",  "ver", "section",
                                              "chapter", "rev",      "build", "firmware", "oid", "upgrade"};

bool is_public_ipv4(std::uint32_t value) {
  struct Net {
    std::uint32_t base;
    int bits;
  };
  constexpr Net kNets[] = {{0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
                           {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0A80000, 16}, {0xC6120000, 15},
                           {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4},  {0xF0000000, 4}};
  for (const Net& net : kNets) {
    if ((value ^ net.base) >> (32 - net.bits) == 0) return false;
  }
  return true;
}

}  // namespace

void find_ipv4(PiiText& text, const NumberRun& run) {
  if (!text.wants(PiiKind::kIpv4) || run.count < 4 || (run.joined != 0 && run.joined != '/')) return;
  std::uint32_t value = 0, small = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& group = run.groups[i];
    const std::size_t size = group.end - group.begin;
    if (size > 3 || (size > 1 && text[group.begin] == '0') || (i < 3 && group.separator != '.')) return;
    std::uint32_t octet = 0;
    for (std::size_t at = group.begin; at < group.end; ++at)
      octet = octet * 10 + static_cast<std::uint32_t>(text[at] - '0');
    if (octet > 255) return;
    small += octet < 20;
    value = value << 8 | octet;
  }
  const std::size_t begin = run.groups[0].begin, end = run.groups[3].end;
  const char next = text[end], beyond = text[end + 1];
  // A port or the size of a network may follow, not a further part of a version.
  if (is_wordy(next) || (next == '.' && (is_alnum(beyond))) || (next == '-' && is_alnum(beyond))) return;
  if (!is_public_ipv4(value)) return text.add(begin, end, PiiKind::kIpv4, 0.3);
  if (text.mentions(begin, kVersionWords, 20)) return text.add(begin, end, PiiKind::kIpv4, 0.2);
  const bool named = text.mentions(begin, kAddressWords, small >= 4 ? 12 : 48) || (next == ':' && is_digit(beyond));
  text.add(begin, end, PiiKind::kIpv4, named ? 0.98 : small >= 4 ? 0.3 : small == 3 ? 0.6 : 0.95);
}

void find_mac_with_hyphens(PiiText& text, std::size_t begin) {
  if (!text.wants(PiiKind::kMac)) return;
  const char separator = text.before(begin) == '-' ? '-' : text[begin + 2];
  // The anchor may be any pair that has a digit.
  for (int pair = 0; pair < 5 && separator == '-' && begin >= 3 && text[begin - 1] == '-'; ++pair) {
    if (!is_hex(text[begin - 2]) || !is_hex(text[begin - 3])) break;
    begin -= 3;
  }
  bool same = true, decimal = true;
  for (std::size_t i = 0; i < 17; ++i) {
    const char c = text[begin + i];
    if (i % 3 == 2 ? c != separator : !is_hex(c)) return;
    if (i % 3 != 2) same = same && lower(c) == lower(text[begin]), decimal = decimal && is_digit(c);
  }
  const char next = text[begin + 17], before = text.before(begin);
  if (is_wordy(next) || is_wordy(before) || before == separator || (next == separator && is_hex(text[begin + 18])))
    return;
  if (before == ':' || before == '-' || (next == separator && separator == ':')) return;
  text.add(begin, begin + 17, PiiKind::kMac, same ? 0.3 : decimal ? 0.7 : 0.97);
}

void find_ipv6_or_mac(PiiText& text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < 5 && is_hex(text[begin - 1])) --begin;
  if (is_wordy(text.before(begin)) || text.before(begin) == ':' || text.before(begin) == '.') return;
  if (at - begin == 2 && is_hex(text[at + 1]) && is_hex(text[at + 2]) && text[at + 3] == ':') {
    find_mac_with_hyphens(text, begin);
  }
  if (!text.wants(PiiKind::kIpv6) || at - begin > 4 || (begin == at && text[at + 1] != ':')) return;
  std::size_t groups = 0, end = begin, digits = 0, letters = 0;
  bool gap = false;
  std::uint32_t first = 0;
  while (end - begin < 40) {
    std::size_t size = 0;
    std::uint32_t value = 0;
    while (size < 5 && is_hex(text[end + size])) {
      const char c = text[end + size++];
      value = value << 4 | static_cast<std::uint32_t>(hex_value(c));
      (is_digit(c) ? digits : letters) += 1;
    }
    if (size > 4) return;
    if (size > 0 && groups++ == 0 && !gap) first = value;
    end += size;
    if (text[end] != ':') break;
    if (text[end + 1] == ':') {
      if (gap) return;
      gap = true, end += 2;
      if (!is_hex(text[end])) break;
    } else if (size > 0 && is_hex(text[end + 1])) {
      ++end;
    } else {
      break;
    }
  }
  if (is_wordy(text[end]) || (text[end] == ':' && text[end + 1] == ':')) return;
  if (gap ? (groups > 7 || groups < 3 || digits < 3) : groups != 8) return;
  if (letters == 0 && digits < 9) return;
  const std::string_view written = text.part(begin, end);
  const bool sample = written.starts_with("2001:db8:") || written.starts_with("2001:DB8:") ||
                      written.starts_with("2001:0db8:") || written.starts_with("2001:0DB8:");
  const bool own = (first & 0xFFC0) == 0xFE80 || (first & 0xFE00) == 0xFC00 || (first & 0xFF00) == 0xFF00 || first == 0;
  text.add(begin, end, PiiKind::kIpv6, own || sample ? 0.3 : (first >> 13) == 1 ? 0.98 : 0.6);
}

}  // namespace millpond::curate
