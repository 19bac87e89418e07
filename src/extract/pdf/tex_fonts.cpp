#include "extract/pdf/tex_fonts.h"

#include <array>
#include <initializer_list>

namespace millpond::extract::pdf {
namespace {

// Encoding OMS. Capitals, braces and bars are what PDFium translates or what they look like.
constexpr char32_t kControlSymbols[] = {0x2212, 0xB7,   0xD7,   0x2217, 0xF7,   0x22C4, 0xB1,   0x2213,
                                        0x2295, 0x2296, 0x2297, 0x2298, 0x2299, 0x25EF, 0x2218, 0x2219,
                                        0x224D, 0x2261, 0x2286, 0x2287, 0x2264, 0x2265, 0x2AAF, 0x2AB0,
                                        0x223C, 0x2248, 0x2282, 0x2283, 0x226A, 0x226B, 0x227A, 0x227B};
constexpr char32_t kDigitSymbols[] = {0x2032, 0x221E, 0x2208, 0x220B, 0x25B3,
                                      0x25BD, 0x338,  0x21A6, 0x2200, 0x2203};  // 0 to 9
constexpr char32_t kLetterSymbols[] = {0x22A3, 0x230A, 0x230B, 0x2308, 0x2309, '{',    '}',    0x27E8, 0x27E9,
                                       '|',    0x2016, 0x2195, 0x21D5, '\\',   0x2240, 0x221A, 0x2210, 0x2207,
                                       0x222B, 0x2294, 0x2293, 0x2291, 0x2292, 0xA7,   0x2020, 0x2021};  // a to z

// Encoding OMX.
constexpr auto make_extension() {
  std::array<char32_t, 128> t{};
  constexpr char32_t kDelimiters[] = {'(', ')', '[', ']', 0x230A, 0x230B, 0x2308, 0x2309, '{', '}', 0x27E8, 0x27E9};
  for (const unsigned start : {0x00u, 0x12u, 0x20u}) {
    for (unsigned i = 0; i < 12; ++i) t[start + i] = kDelimiters[i];
  }
  t[0x0C] = '|', t[0x0D] = 0x2016, t[0x0E] = '/', t[0x0F] = '\\', t[0x10] = '(', t[0x11] = ')';
  t[0x1E] = '/', t[0x1F] = '\\', t[0x2C] = '/', t[0x2D] = '\\', t[0x2E] = '/', t[0x2F] = '\\';
  constexpr char32_t kPieces[] = {0x239B, 0x239E, 0x23A1, 0x23A4, 0x23A3, 0x23A6, 0x23A2, 0x23A5, 0x23A7, 0x23AB,
                                  0x23A9, 0x23AD, 0x23A8, 0x23AC, 0x23AA, '|',    0x239D, 0x23A0, 0x239C, 0x239F};
  for (unsigned i = 0; i < std::size(kPieces); ++i) t[0x30 + i] = kPieces[i];
  constexpr char32_t kOperators[] = {0x27E8, 0x27E9, 0x2A06, 0x2A06, 0x222E, 0x222E, 0x2A00, 0x2A00, 0x2A01, 0x2A01,
                                     0x2A02, 0x2A02, 0x2211, 0x220F, 0x222B, 0x22C3, 0x22C2, 0x2A04, 0x22C0, 0x22C1,
                                     0x2211, 0x220F, 0x222B, 0x22C3, 0x22C2, 0x2A04, 0x22C0, 0x22C1, 0x2210, 0x2210,
                                     0x2C6,  0x2C6,  0x2C6,  0x2DC,  0x2DC,  0x2DC,  '[',    ']',    0x230A, 0x230B,
                                     0x2308, 0x2309, '{',    '}',    0x221A, 0x221A, 0x221A, 0x221A, 0x221A, 0x23B7,
                                     0x23D0, 0x2016, 0x2191, 0x2193, 0xFE37, 0xFE37, 0xFE38, 0xFE38};
  for (unsigned i = 0; i < std::size(kOperators); ++i) t[0x44 + i] = kOperators[i];
  return t;
}
constexpr auto kExtension = make_extension();

char32_t symbol(unsigned code) {
  if (code < 0x20) return kControlSymbols[code];
  if (code >= '0' && code <= '9') return kDigitSymbols[code - '0'];
  if (code >= 'a' && code <= 'z') return kLetterSymbols[code - 'a'];
  return code;
}

}  // namespace

TexFont tex_font(std::string_view name) {
  if (name.starts_with("cmsy") || name.starts_with("lmsy") || name.starts_with("cmbsy")) return TexFont::kSymbols;
  if (name.starts_with("cmex") || name.starts_with("lmex")) return TexFont::kExtension;
  return name.starts_with("msam") ? TexFont::kAmsA : TexFont::kNone;
}

char32_t tex_symbol(TexFont font, unsigned code) {
  if (code >= 0x80) return code;
  switch (font) {
    case TexFont::kSymbols: return symbol(code);
    case TexFont::kExtension: return kExtension[code];
    case TexFont::kAmsA:
      return code == 0x03 ? 0x25A1 : code == 0x04 ? 0x25A0 : code == 0x05 ? 0xB7 : code < 0x20 ? 0 : code;
    default: return code;
  }
}

}  // namespace millpond::extract::pdf
