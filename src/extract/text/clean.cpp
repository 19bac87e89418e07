#include "extract/text/clean.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "extract/text/words8.h"

namespace millpond::extract {
namespace {

enum class Byte : std::uint8_t { kPlain, kSpace, kControl, kLeadC2, kLeadE2, kLeadE3, kLeadEF };

constexpr std::array<Byte, 256> make_bytes() {
  std::array<Byte, 256> bytes{};
  for (int c = 0; c < 0x20; ++c) bytes[std::size_t(c)] = Byte::kControl;
  bytes[0x7F] = Byte::kControl;
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) bytes[static_cast<unsigned char>(c)] = Byte::kSpace;
  bytes[0xC2] = Byte::kLeadC2;
  bytes[0xE2] = Byte::kLeadE2;
  bytes[0xE3] = Byte::kLeadE3;
  bytes[0xEF] = Byte::kLeadEF;
  return bytes;
}
constexpr auto kBytes = make_bytes();

enum class Rare : std::uint8_t { kKeep, kSpace, kNewline, kDrop };

// What a character is whose lead byte may start white space or something invisible, and how long it is.
Rare rare(Byte kind, const unsigned char* p, std::size_t left, std::size_t& length) {
  if (kind == Byte::kLeadC2 && left >= 2) {
    length = 2;
    if (p[1] == 0x85) return Rare::kNewline;              // NEL
    if (p[1] < 0xA0 || p[1] == 0xAD) return Rare::kDrop;  // C1 controls, soft hyphen
    return p[1] == 0xA0 ? Rare::kSpace : Rare::kKeep;
  }
  length = 3;
  if (left < 3) {
    length = 1;
    return Rare::kKeep;
  }
  if (kind == Byte::kLeadE2) {
    if (p[1] == 0x80) {
      if (p[2] <= 0x8A || p[2] == 0xAF) return Rare::kSpace;  // U+2000–200A, U+202F
      if (p[2] == 0x8B) return Rare::kDrop;                   // zero-width space
      if (p[2] == 0xA8 || p[2] == 0xA9) return Rare::kNewline;
    }
    if (p[1] == 0x81 && p[2] == 0x9F) return Rare::kSpace;                                     // U+205F
    if (p[1] == 0x81 && (p[2] == 0xA0 || (p[2] >= 0xA1 && p[2] <= 0xA4))) return Rare::kDrop;  // word joiner …
    return Rare::kKeep;
  }
  if (kind == Byte::kLeadE3) return p[1] == 0x80 && p[2] == 0x80 ? Rare::kSpace : Rare::kKeep;
  if (p[1] == 0xBB && p[2] == 0xBF) return Rare::kDrop;                  // byte order mark
  if (p[1] == 0xB7 && p[2] >= 0x90 && p[2] <= 0xAF) return Rare::kDrop;  // non-characters
  if (p[1] == 0xBF && p[2] >= 0xBE) return Rare::kDrop;
  return Rare::kKeep;
}

// All below U+0300 is in form C already, and so is general punctuation; most text ends here.
bool surely_nfc(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  while (p < end) {
    if (*p < 0xCC)
      ++p;
    else if (*p == 0xE2 && end - p >= 3 && p[1] == 0x80)
      p += 3;
    else
      return false;
  }
  return true;
}

}  // namespace

void append_collapsed(std::string& out, std::string_view in) {
  const std::size_t before = out.size();
  out.resize(before + in.size());
  char* const base = out.data();
  char* to = base + before;
  const auto* p = reinterpret_cast<const unsigned char*>(in.data());
  const auto* const end = p + in.size();
  bool spaced = before == 0 || base[before - 1] == ' ' || base[before - 1] == '\n' || base[before - 1] == '\t';
  while (p < end) {
    // Most text is words with single spaces: eight bytes that need no change are copied at once.
    if constexpr (std::endian::native == std::endian::little) {
      while (end - p >= 8) {
        const std::uint64_t word = load8(p);
        if (!all_printable(word)) break;
        const std::uint64_t spaces = spaces_of(word);
        if ((spaces & spaces >> 8) != 0 || (spaced && (spaces & 0x80) != 0)) break;
        std::memcpy(to, p, 8);
        to += 8, p += 8;
        spaced = spaces >> 63 != 0;
      }
      if (p == end) break;
    }
    const Byte kind = kBytes[*p];
    if (kind == Byte::kPlain) {
      *to++ = char(*p++);
      spaced = false;
      continue;
    }
    std::size_t length = 1;
    Rare what = kind == Byte::kSpace ? Rare::kSpace : Rare::kDrop;
    if (kind > Byte::kControl) what = rare(kind, p, std::size_t(end - p), length);
    if (what == Rare::kKeep) {
      for (std::size_t i = 0; i < length; ++i) *to++ = char(p[i]);
      spaced = false;
    } else if (what != Rare::kDrop && !spaced) {
      *to++ = ' ';
      spaced = true;
    }
    p += length;
  }
  out.resize(std::size_t(to - base));
}

void append_verbatim(std::string& out, std::string_view in) {
  const std::size_t before = out.size();
  out.resize(before + in.size());
  char* const base = out.data();
  char* to = base + before;
  const auto* p = reinterpret_cast<const unsigned char*>(in.data());
  const auto* const end = p + in.size();
  while (p < end) {
    while (end - p >= 8 && all_printable(load8(p))) std::memcpy(to, p, 8), to += 8, p += 8;
    if (p == end) break;
    const unsigned char c = *p;
    const Byte kind = kBytes[c];
    if (kind == Byte::kPlain || c == ' ' || c == '\n' || c == '\t') {
      *to++ = char(c);
      ++p;
      continue;
    }
    std::size_t length = 1;
    Rare what = Rare::kDrop;
    if (c == '\r')
      what = p + 1 < end && p[1] == '\n' ? Rare::kDrop : Rare::kNewline;
    else if (c == '\f' || c == '\v')
      what = Rare::kNewline;
    else if (kind > Byte::kControl)
      what = rare(kind, p, std::size_t(end - p), length);
    if (what == Rare::kKeep) {
      for (std::size_t i = 0; i < length; ++i) *to++ = char(p[i]);
    } else if (what != Rare::kDrop) {
      *to++ = what == Rare::kSpace ? ' ' : '\n';
    }
    p += length;
  }
  out.resize(std::size_t(to - base));
}

void trim(std::string& text) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  std::size_t start = 0;
  while (start < text.size() && blank(text[start])) ++start;
  if (start > 0) text.erase(0, start);
}

void trim_lines(std::string& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\t')) text.pop_back();
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n')
      start = i + 1;
    else if (text[i] != ' ' && text[i] != '\t')
      break;
  }
  if (start > 0) text.erase(0, start);
}

void normalize(std::string& text) {
  if (surely_nfc(text)) return;
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* const nfc = icu::Normalizer2::getNFCInstance(code);
  if (U_FAILURE(code) || nfc->isNormalizedUTF8(text, code)) return;
  std::string out;
  out.reserve(text.size());
  icu::StringByteSink<std::string> sink(&out);
  nfc->normalizeUTF8(0, icu::StringPiece(text.data(), int32_t(text.size())), sink, nullptr, code);
  if (U_SUCCESS(code)) text = std::move(out);
}

std::string clean(std::string_view in) {
  std::string out;
  append_collapsed(out, in);
  trim(out);
  normalize(out);
  return out;
}

void append_code_point(std::string& out, char32_t point) {
  if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) point = 0xFFFD;
  if (point < 0x80) {
    out += char(point);
    return;
  }
  if (point < 0x800) {
    out += char(0xC0 | point >> 6);
  } else {
    if (point < 0x10000)
      out += char(0xE0 | point >> 12);
    else
      out += char(0xF0 | point >> 18), out += char(0x80 | (point >> 12 & 0x3F));
    out += char(0x80 | (point >> 6 & 0x3F));
  }
  out += char(0x80 | (point & 0x3F));
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
}

}  // namespace millpond::extract
