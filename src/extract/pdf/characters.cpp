#include "extract/pdf/characters.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace millpond::extract::pdf {

char32_t clean_code(unsigned code) {
  if (code == 0x02 || code == 0xFFFE) return 0xAD;  // PDFium's marks for a hyphen at a line's end
  if (code == '\t' || code == '\n' || code == '\r' || code == 0xA0 || code == 0x3000) return ' ';
  if (code >= 0x2000 && code <= 0x200A) return ' ';
  if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200B || code == 0xFEFF || code > 0x10FFFF) return 0;
  if (code == 0x202F || code == 0x205F) return ' ';
  if (code < 0xE000 || code > 0xF8FF) return code;
  switch (code) {  // private use: the bullets of Symbol and Wingdings
    case 0xF0B7:
    case 0xF09F:
    case 0xF06C: return 0x2022;
    case 0xF0A7:
    case 0xF06E: return 0x25AA;
    case 0xF0D8: return 0x27A2;
    case 0xF0FC: return 0x2713;
    default: return 0;
  }
}

bool is_rtl(char32_t c) {
  return (c >= 0x590 && c < 0x900) || (c >= 0xFB1D && c < 0xFE00) || (c >= 0xFE70 && c < 0xFEFF);
}

bool is_spaceless(char32_t c) {
  return (c >= 0x2E80 && c < 0xA4D0 && !(c >= 0x3130 && c < 0x3190)) || (c >= 0xF900 && c < 0xFB00) ||
         (c >= 0xFF00 && c < 0xFFA0) || (c >= 0x20000 && c < 0x32000) || (c >= 0xE00 && c < 0xE80);
}

bool is_bullet(char32_t c) {
  switch (c) {
    case 0x2022:
    case 0x2023:
    case 0x2043:
    case 0x204C:
    case 0x204D:
    case 0x2219:
    case 0x25AA:
    case 0x25AB:
    case 0x25A0:
    case 0x25A1:
    case 0x25B6:
    case 0x25B8:
    case 0x25BA:
    case 0x25C6:
    case 0x25CB:
    case 0x25CF:
    case 0x25E6:
    case 0x25FE:
    case 0x27A2:
    case 0x2713:
    case 0x2714:
    case 0x2756:
    case 0xB7:
    case '*':
    case '-':
    case 0x2013:
    case 0x2014:
    case 0x2212: return true;
    default: return false;
  }
}

char32_t spacing_form(char32_t c) {
  switch (c) {
    case 0x300: return '`';
    case 0x301: return 0xB4;
    case 0x302: return '^';
    case 0x303: return '~';
    case 0x304: return 0xAF;
    case 0x308: return 0xA8;
    case 0x327: return 0xB8;
    default: return c;
  }
}

char32_t combining_form(char32_t c) {
  switch (c) {
    case 0x2DC:
    case 0x303: return 0x303;
    case 0x2C6:
    case 0x302: return 0x302;
    case 0xAF:
    case 0x304: return 0x304;
    case 0x2D9:
    case 0x307: return 0x307;
    case 0x2C7:
    case 0x30C: return 0x30C;
    case 0x2D8:
    case 0x306: return 0x306;
    case 0xA8:
    case 0x308: return 0x308;
    case 0xB4:
    case 0x301: return 0x301;
    case 0x300: return 0x300;
    default: return 0;
  }
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    if (c >= 0xD800 && c < 0xE000) c = 0xFFFD;
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

char32_t next_code(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const unsigned lead = byte(at);
  const int more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : -1;
  char32_t code = more == 0 ? lead : lead & (0x3Fu >> std::max(0, more));
  for (int i = 1; i <= more; ++i) {
    if ((byte(at + static_cast<std::size_t>(i)) & 0xC0) != 0x80) {
      ++at;
      return 0xFFFD;
    }
    code = (code << 6) | (byte(at + static_cast<std::size_t>(i)) & 0x3F);
  }
  at += static_cast<std::size_t>(std::max(0, more)) + 1;
  return more < 0 ? 0xFFFD : code;
}

char32_t first_code(std::string_view text) {
  std::size_t at = 0;
  return text.empty() ? 0 : next_code(text, at);
}

char32_t last_code(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return next_code(text, at);
}

bool is_lower(char32_t c) { return c < 0x80 ? c >= 'a' && c <= 'z' : u_islower(static_cast<UChar32>(c)) != 0; }
bool is_letter(char32_t c) { return u_isalpha(static_cast<UChar32>(c)) != 0; }

void normalize(std::string& text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  if (ascii) return;
  UErrorCode problem = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(problem);
  icu::UnicodeString wide = icu::UnicodeString::fromUTF8(text);
  static constexpr const char16_t* kLigatures[] = {u"ff", u"fi", u"fl", u"ffi", u"ffl", u"st", u"st"};
  for (int32_t i = 0; i < wide.length(); ++i) {
    if (wide[i] >= 0xFB00 && wide[i] <= 0xFB06) wide.replace(i, 1, kLigatures[wide[i] - 0xFB00]);
  }
  if (U_SUCCESS(problem) && !nfc->isNormalized(wide, problem)) wide = nfc->normalize(wide, problem);
  if (U_FAILURE(problem)) return;
  text.clear();
  wide.toUTF8String(text);
}

}  // namespace millpond::extract::pdf
