#include <algorithm>
#include <initializer_list>

#include "extract/pdf/formula_glyph.h"

namespace millpond::extract::pdf {
namespace {

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return name.starts_with(w); });
}

/// What CMMI has at a number where other fonts have controls and punctuation; 0 for all others.
char32_t italic_code(char32_t number) {
  static constexpr char32_t kGreek[] =
      U"\u0393\u0394\u0398\u039B\u039E\u03A0\u03A3\u03A5\u03A6\u03A8\u03A9\u03B1"
      U"\u03B2\u03B3\u03B4\u03F5\u03B6\u03B7\u03B8\u03B9\u03BA\u03BB\u03BC\u03BD"
      U"\u03BE\u03C0\u03C1\u03C3\u03C4\u03C5\u03D5\u03C7";
  if (number < 0x20) return kGreek[number];
  switch (number) {
    case '"': return 0x3B5;
    case '#': return 0x3D1;
    case '$': return 0x3D6;
    case '%': return 0x3F1;
    case '&': return 0x3C2;
    case '\'': return 0x3C6;
    case '@': return 0x2202;
    case '`': return 0x2113;
    case '~': return 0x20D7;
    default: return 0;
  }
}

}  // namespace

Alphabet formula_alphabet(std::string_view name) {
  if (name.starts_with("katex_")) {
    const std::string_view rest = name.substr(6);
    if (rest.starts_with("math")) return rest.find("bold") == rest.npos ? Alphabet::kItalic : Alphabet::kBoldItalic;
    if (rest.starts_with("ams")) return Alphabet::kBlackboard;
    if (rest.starts_with("calig")) return Alphabet::kSymbols;
    if (rest.starts_with("fraktur")) return Alphabet::kFraktur;
    if (rest.starts_with("script")) return Alphabet::kScript;
    if (rest.starts_with("size")) return Alphabet::kExtension;
    return rest.find("bold") == rest.npos ? Alphabet::kUnicode : Alphabet::kBold;
  }
  if (starts_with_any(name, {"cmmib", "lmmib"})) return Alphabet::kBoldItalic;
  if (starts_with_any(name, {"cmmi", "lmmi", "txmi", "pxmi", "rtxmi", "ntxmi", "newtxmi"})) return Alphabet::kItalic;
  if (starts_with_any(name, {"cmsy", "lmsy", "cmbsy", "txsy", "pxsy", "ntxsy"})) return Alphabet::kSymbols;
  if (starts_with_any(name, {"cmex", "lmex", "txex", "pxex", "ntxex"})) return Alphabet::kExtension;
  if (starts_with_any(name, {"msam", "msbm"})) return Alphabet::kBlackboard;
  if (starts_with_any(name, {"eufm", "eufb"})) return Alphabet::kFraktur;
  if (starts_with_any(name, {"rsfs", "eusm", "eusb"})) return Alphabet::kScript;
  if (name.find("math") != name.npos && name.find("mathematica") == name.npos) return Alphabet::kUnicode;
  return Alphabet::kRoman;
}

char32_t formula_code(Alphabet alphabet, char32_t reported, char32_t code) {
  // Adobe's private codes for the pieces of delimiters.
  static constexpr char32_t kPieces[] = {0x23D0, 0,      0,      0,      0,      0x239B, 0x239C, 0x239D, 0x23A1,
                                         0x23A2, 0x23A3, 0x23A7, 0x23A8, 0x23A9, 0x23AA, 0,      0x239E, 0x239F,
                                         0x23A0, 0x23A4, 0x23A5, 0x23A6, 0x23AB, 0x23AC, 0x23AD};
  if (reported >= 0xF8E6 && reported <= 0xF8FE) return kPieces[reported - 0xF8E6];
  if (alphabet == Alphabet::kItalic || alphabet == Alphabet::kBoldItalic) {
    if (const char32_t named = italic_code(reported)) return named;
  }
  if (alphabet == Alphabet::kSymbols && reported >= ':' && reported <= '@')
    return U"\u00AC\u2205\u211C\u2111\u22A4\u22A5\u2135"[reported - ':'];
  if (alphabet == Alphabet::kBlackboard) {  // wide hats and tildes
    if (reported == '[' || reported == '\\') return 0x2C6;
    if (reported == ']' || reported == '^') return 0x2DC;
  }
  switch (code) {
    case 0x2206: return 0x394;
    case 0x2126: return 0x3A9;
    case 0xB5: return 0x3BC;
    default: return code;
  }
}

}  // namespace millpond::extract::pdf
