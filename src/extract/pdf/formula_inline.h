#pragma once
// Formulas within a line of text.

#include <vector>

#include "extract/pdf/lines.h"

namespace millpond::extract::pdf {

/// For each glyph of the line whether it is a letter of a word that is no function's name.
std::vector<char> prose_letters(const Page& page, const Line& line);
/// Symbols that texts take from the fonts of formulas: bullets, daggers, brackets of listings.
bool is_text_symbol(char32_t code);
/// The bars among the glyphs: of fractions, roots, overlines.
std::vector<Ruling> bars_near(const Page& page, const std::vector<FormulaGlyph>& glyphs);
/// Puts TeX between dollar signs in the place of the line's formulas, but those that touch a box of `avoid`.
void write_inline_formulas(const Page& page, const std::vector<Box>& avoid, Line& line);

}  // namespace millpond::extract::pdf
