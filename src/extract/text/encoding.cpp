#include "extract/text/encoding.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>

namespace millpond::extract {
namespace {

// Length of the valid sequence at `p`, or 0. Rejects overlong forms, surrogates and values above U+10FFFF.
std::size_t sequence_length(const unsigned char* p, const unsigned char* end) {
  const auto tail = [&](std::ptrdiff_t i) { return p + i < end && (p[i] & 0xC0) == 0x80; };
  const unsigned char lead = *p;
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return tail(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && p[1] < 0xA0) return 0;
    return lead == 0xED && p[1] >= 0xA0 ? 0 : 3;
  }
  if (lead > 0xF4 || !tail(1) || !tail(2) || !tail(3)) return 0;
  if (lead == 0xF0 && p[1] < 0x90) return 0;
  return lead == 0xF4 && p[1] >= 0x90 ? 0 : 4;
}

std::string label_of(std::string_view declared) {
  std::string label;
  for (const char c : declared.substr(0, 40)) {
    if (c >= 'A' && c <= 'Z')
      label += char(c + 32);
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':')
      label += c;
  }
  return label;
}

// The web's reading of labels: what pages call Latin-1 or ASCII is windows-1252, and so on.
std::string web_encoding(std::string label) {
  struct Alias {
    std::string_view label, encoding;
  };
  static constexpr Alias kAliases[] = {
      {"iso-8859-1", "windows-1252"},
      {"iso8859-1", "windows-1252"},
      {"iso_8859-1", "windows-1252"},
      {"latin1", "windows-1252"},
      {"us-ascii", "windows-1252"},
      {"ascii", "windows-1252"},
      {"cp1252", "windows-1252"},
      {"x-cp1252", "windows-1252"},
      {"iso-8859-9", "windows-1254"},
      {"latin5", "windows-1254"},
      {"iso-8859-11", "windows-874"},
      {"tis-620", "windows-874"},
      {"gb2312", "gb18030"},
      {"gb_2312-80", "gb18030"},
      {"gbk", "gb18030"},
      {"x-gbk", "gb18030"},
      {"shift_jis", "windows-31j"},
      {"shift-jis", "windows-31j"},
      {"sjis", "windows-31j"},
      {"x-sjis", "windows-31j"},
      {"euc-kr", "windows-949"},
      {"ks_c_5601-1987", "windows-949"},
      {"big5", "big5-hkscs"},
      {"utf8", "utf-8"},
      // A page that could be read as ASCII up to its <meta> is not UTF-16, whatever it says.
      {"utf-16", "utf-8"},
      {"utf-16le", "utf-8"},
      {"utf-16be", "utf-8"},
      {"unicode", "utf-8"},
  };
  for (const Alias& alias : kAliases) {
    if (label == alias.label) return std::string(alias.encoding);
  }
  return label;
}

bool convert(std::string_view bytes, const char* encoding, std::string& out) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> from(ucnv_open(encoding, &code), ucnv_close);
  if (U_FAILURE(code)) return false;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> to(ucnv_open("UTF-8", &code), ucnv_close);
  if (U_FAILURE(code)) return false;
  const char* source = bytes.data();
  const char* const source_end = source + bytes.size();
  UChar pivot[2048];
  UChar *pivot_from = pivot, *pivot_to = pivot;
  out.clear();
  std::size_t used = 0;
  for (bool first = true;; first = false) {
    out.resize(used + std::max<std::size_t>(4096, std::size_t(source_end - source) * 3 / 2));
    char* target = out.data() + used;
    code = U_ZERO_ERROR;
    ucnv_convertEx(to.get(), from.get(), &target, out.data() + out.size(), &source, source_end, pivot, &pivot_from,
                   &pivot_to, pivot + 2048, first, true, &code);
    used = std::size_t(target - out.data());
    if (code == U_BUFFER_OVERFLOW_ERROR) continue;
    out.resize(used);
    return U_SUCCESS(code);
  }
}

// 1252 differs from Latin-1 only in 0x80–0x9F; a loop of our own is several times faster than a converter.
void decode_1252(std::string_view bytes, std::string& out) {
  static constexpr std::uint16_t kHigh[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                              0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                              0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                              0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  out.clear();
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
      continue;
    }
    const unsigned point = byte < 0xA0 ? kHigh[byte - 0x80] : byte;
    if (point >= 0x800)
      out += char(0xE0 | point >> 12), out += char(0x80 | (point >> 6 & 0x3F));
    else
      out += char(0xC0 | point >> 6);
    out += char(0x80 | (point & 0x3F));
  }
}

// Text of mostly Latin letters has a zero in every other byte when it is UTF-16.
const char* utf16_by_zeros(std::string_view bytes) {
  const std::size_t n = std::min<std::size_t>(bytes.size(), 1024) & ~std::size_t{1};
  if (n < 4) return nullptr;
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < n; i += 2) even += bytes[i] == 0, odd += bytes[i + 1] == 0;
  if (odd * 5 >= n && even * 20 <= n) return "utf-16le";
  if (even * 5 >= n && odd * 20 <= n) return "utf-16be";
  return nullptr;
}

// UTF-8 with a few broken bytes rather than some other encoding: real sequences outnumber the breaks.
bool mostly_utf8(std::string_view bytes, std::size_t valid) {
  std::size_t sequences = 0, breaks = 0;
  const auto* const begin = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = begin + bytes.size();
  const auto* p = begin;
  const std::size_t sample = std::max<std::size_t>(valid + (std::size_t{64} << 10), std::size_t{256} << 10);
  const auto* const stop = bytes.size() > sample ? begin + sample : end;
  while (p < stop) {
    const std::size_t length = sequence_length(p, end);
    sequences += length > 1;
    breaks += length == 0;
    p += std::max<std::size_t>(length, 1);
  }
  return sequences > breaks;
}

void set_owned(Decoded& out, const char* encoding) {
  out.text = out.owned;
  out.encoding = encoding;
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view bytes) {
  const auto* const begin = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = begin + bytes.size();
  const auto* p = begin;
  while (p < end) {
    while (end - p >= 32) {
      std::uint64_t words[4];
      std::memcpy(words, p, 32);
      if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080u) break;
      p += 32;
    }
    const auto* const stop = end - p >= 32 ? p + 32 : end;
    while (p < stop) {
      const std::size_t length = sequence_length(p, end);
      if (length == 0) return std::size_t(p - begin);
      p += length;
    }
  }
  return std::size_t(p - begin);
}

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 16);
  while (!bytes.empty()) {
    const std::size_t good = valid_utf8_prefix(bytes);
    out.append(bytes.substr(0, good));
    bytes.remove_prefix(good);
    if (bytes.empty()) break;
    out += "\xEF\xBF\xBD";
    bytes.remove_prefix(1);
    while (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0xC0) == 0x80) bytes.remove_prefix(1);
  }
  return out;
}

void decode_text(std::string_view bytes, std::string_view declared, Decoded& out) {
  const char* wide = nullptr;
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    bytes.remove_prefix(3);
    declared = "utf-8";
  } else if (bytes.starts_with(std::string_view("\xFF\xFE\0\0", 4))) {
    wide = "utf-32le", bytes.remove_prefix(4);
  } else if (bytes.starts_with("\xFF\xFE")) {
    wide = "utf-16le", bytes.remove_prefix(2);
  } else if (bytes.starts_with("\xFE\xFF")) {
    wide = "utf-16be", bytes.remove_prefix(2);
  } else {
    wide = utf16_by_zeros(bytes);
  }
  if (wide != nullptr && convert(bytes, wide, out.owned)) return set_owned(out, wide);

  const std::size_t valid = valid_utf8_prefix(bytes);
  if (valid == bytes.size()) {
    // ISO-2022-JP is ASCII to the eye; its escapes tell.
    if (declared.empty() || bytes.find('\x1B') == bytes.npos ||
        !convert(bytes, label_of(declared).c_str(), out.owned)) {
      out.text = bytes;
      out.encoding = "utf-8";
      return;
    }
    return set_owned(out, label_of(declared).c_str());
  }
  const std::string encoding = web_encoding(label_of(declared));
  if (encoding == "utf-8" || (encoding.empty() && mostly_utf8(bytes, valid))) {
    out.owned = repair_utf8(bytes);
    return set_owned(out, "utf-8");
  }
  if (!encoding.empty() && encoding != "windows-1252" && convert(bytes, encoding.c_str(), out.owned)) {
    if (valid_utf8_prefix(out.owned) != out.owned.size()) out.owned = repair_utf8(out.owned);
    return set_owned(out, encoding.c_str());
  }
  decode_1252(bytes, out.owned);
  set_owned(out, "windows-1252");
}

}  // namespace millpond::extract
