#pragma once
// The mathematical fonts of TeX number their glyphs in their own ways, and many PDFs say no more than these numbers.

#include <cstdint>
#include <string_view>

namespace millpond::extract::pdf {

enum class TexFont : std::uint8_t {
  kNone,
  kSymbols,    ///< CMSY, LMSY: operators, relations, calligraphic capitals
  kExtension,  ///< CMEX, LMEX: large operators and the pieces of large delimiters
  kAmsA        ///< MSAM: squares, arrows
};

/// By the font's name in lower case, without the tag of a subset.
TexFont tex_font(std::string_view name);

/// What a glyph of the font shows, if PDFium reports no more than its number. Numbers that PDFium has translated are
/// left as they are; 0 for glyphs without a character.
char32_t tex_symbol(TexFont font, unsigned code);

}  // namespace millpond::extract::pdf
