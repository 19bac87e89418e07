#pragma once
// The pieces that a printed formula is put together from: a glyph at first, then whole fractions, roots, matrices.

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "extract/pdf/formula_glyph.h"
#include "extract/pdf/formula_symbols.h"

namespace millpond::extract::pdf {

struct Atom {
  enum class Kind : std::uint8_t { kSymbol, kRoman, kFunction, kOperator, kDelimiter, kFraction, kGroup };
  Kind kind = Kind::kSymbol;
  SymbolKind symbol = SymbolKind::kOrdinary;
  Alphabet alphabet = Alphabet::kRoman;
  char32_t code = 0;    ///< of a single glyph
  bool limits = false;  ///< what stands above and below it are its limits
  Box box;
  float baseline = 0;
  float axis = 0;  ///< the middle of what is centred on the line: operators, fractions, tall delimiters
  float size = 0;
  std::string tex;  ///< of kRoman: its letters

  bool centred() const { return kind >= Kind::kOperator; }
  /// Where its line has its fraction bars.
  float line_axis() const { return centred() ? axis : baseline - 0.25f * size; }
  float middle() const { return (box.x0 + box.x1) / 2; }
  /// The heights that belong to its line even if its ink is elsewhere (a minus, a prime).
  float top() const { return centred() ? box.y0 : std::min(box.y0, baseline - 0.45f * size); }
  float bottom() const { return centred() ? box.y1 : std::max(box.y1, baseline); }
};
using Atoms = std::vector<Atom>;

inline Box hull(const Box& a, const Box& b) {
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

/// Glyphs in the order in which they are drawn. Joins what is one symbol: pieces of delimiters, dots, strokes through
/// relations, long arrows, letters of a function's name. Nothing if a glyph has no name.
std::optional<Atoms> atoms_of(std::span<const FormulaGlyph> glyphs);

/// "\lim" of "lim"; empty if TeX knows no such function. `limits`: whether it takes them below.
std::string_view function_command(std::string_view name, bool& limits);

}  // namespace millpond::extract::pdf
