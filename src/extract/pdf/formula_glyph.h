#pragma once
// Glyphs with what formulas need to know of them: the alphabet they come from, their own place and baseline.

#include <cstdint>
#include <string_view>

#include "millpond/extract/document.h"

namespace millpond::extract::pdf {

/// What letters of a font mean in a formula. The fonts of text come first.
enum class Alphabet : std::uint8_t {
  kRoman,
  kBold,
  kTextItalic,
  kMono,
  kItalic,      ///< CMMI, Cambria's and STIX's italics: variables
  kBoldItalic,  ///< CMMIB
  kSymbols,     ///< CMSY: operators; its letters are calligraphic
  kExtension,   ///< CMEX: large operators, pieces of delimiters
  kBlackboard,  ///< MSBM and MSAM
  kFraktur,
  kScript,
  kUnicode  ///< one font for all: styled letters have code points of their own
};
inline bool is_formula_font(Alphabet alphabet) { return alphabet >= Alphabet::kItalic; }

/// By the font's name in lower case, without the tag of a subset. kRoman for fonts of text.
Alphabet formula_alphabet(std::string_view name);
/// What a glyph of a formula's font shows, of what PDFium reports and of what the text has for it; 0 if unknown.
char32_t formula_code(Alphabet alphabet, char32_t reported, char32_t code);

/// Units: as `Run`.
struct FormulaGlyph {
  char32_t code = 0;  ///< 0: a glyph of a formula's font that nobody can name
  Alphabet alphabet = Alphabet::kRoman;
  Box box;  ///< ink
  float baseline = 0;
  float size = 0;
  std::uint32_t offset = 0;  ///< in the text of its run
};

}  // namespace millpond::extract::pdf
