#pragma once
// Glyphs of one printed formula as TeX: what stands above, below, beside and inside what.

#include <optional>
#include <span>
#include <string>

#include "extract/pdf/formula_atoms.h"
#include "extract/pdf/rulings.h"

namespace millpond::extract::pdf {

/// The formula of all these glyphs, without dollar signs; nothing where something is not certain: a glyph without a
/// name, a bar that is no fraction, root or overline, glyphs upon each other. `bars`: those near the glyphs.
std::optional<std::string> formula_tex(std::span<const FormulaGlyph> glyphs, std::span<const Ruling> bars);

// ---- the steps of it, for its own sources

struct ParsedFormula {
  std::string tex;
  float baseline = 0, size = 0;  ///< of its line; the first one where there are several
};
/// Without bars: they are fractions and roots by now.
std::optional<ParsedFormula> parse_formula(Atoms atoms, int depth);
/// One line: letters, their exponents and indices.
std::optional<ParsedFormula> parse_formula_line(Atoms atoms, int depth);
/// Rows between tall delimiters become matrices, cases, binomials. False: uncertain.
bool join_matrices(Atoms& atoms, int depth);
/// The lines of a formula of several, from above.
std::vector<Atoms> formula_rows(Atoms atoms);
/// `\begin{aligned}` where the rows have a relation at one place, else `gathered`.
std::optional<ParsedFormula> parse_formula_rows(std::vector<Atoms> rows, int depth);

/// Takes out of `atoms` those for which `wanted` holds.
template <class Wanted>
Atoms take_atoms(Atoms& atoms, Wanted wanted) {
  Atoms taken, rest;
  for (Atom& atom : atoms) (wanted(atom) ? taken : rest).push_back(std::move(atom));
  atoms = std::move(rest);
  return taken;
}

}  // namespace millpond::extract::pdf
