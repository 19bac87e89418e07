#include "extract/pdf/formula_tree.h"

#include <cmath>

#include "extract/office/tex_symbols.h"

namespace millpond::extract::pdf {
namespace {

constexpr int kDepthMax = 16;
constexpr std::size_t kGlyphsMax = 1'500, kBarsMax = 200;

Box box_of(const Atoms& atoms) {
  Box box = atoms.front().box;
  for (const Atom& atom : atoms) box = hull(box, atom.box);
  return box;
}

/// The atoms above a bar (or below it) that touch each other from it on.
Atoms take_stack(Atoms& atoms, const Ruling& bar, bool above, const std::vector<Ruling>& others) {
  const auto beside = [&](const Atom& a) {
    const float em = a.size;
    return a.middle() > bar.from - 0.15f * em && a.middle() < bar.to + 0.15f * em &&
           (above ? a.box.y1 <= bar.at + 0.15f * em : a.box.y0 >= bar.at - 0.15f * em);
  };
  const auto distance = [&](const Atom& a) { return above ? bar.at - a.box.y1 : a.box.y0 - bar.at; };
  const auto parted = [&](const Atom& a) {  // by another bar
    return std::any_of(others.begin(), others.end(), [&](const Ruling& other) {
      const bool across = other.from < a.box.x1 && other.to > a.box.x0;
      const float at = a.line_axis();
      return across && (above ? other.at > at && other.at < bar.at - 0.3f : other.at < at && other.at > bar.at + 0.3f);
    });
  };
  float near = 1e9f, em = 0;
  for (const Atom& a : atoms) {
    if (beside(a) && !parted(a) && distance(a) < near) near = distance(a), em = a.size;
  }
  if (near > 0.75f * em) return {};
  float top = 1e9f, bottom = -1e9f;
  bool limits = false;  // which stand apart
  Atoms taken;
  for (bool more = true; more;) {
    Atoms grown = take_atoms(atoms, [&](const Atom& a) {
      if (!beside(a) || parted(a)) return false;
      if (distance(a) <= near + 0.05f * em) return true;
      const float apart = (a.limits || limits ? 0.25f : 0.08f) * a.size;
      return a.top() < bottom + apart && a.bottom() > top - apart;
    });
    more = !grown.empty();
    for (Atom& a : grown) {
      top = std::min(top, a.top()), bottom = std::max(bottom, a.bottom());
      limits = limits || a.limits;
      taken.push_back(std::move(a));
    }
  }
  return taken;
}

Atom group(std::string tex, const Box& box, Atom::Kind kind, const ParsedFormula& like) {
  Atom atom;
  atom.kind = kind;
  atom.tex = std::move(tex);
  atom.box = box;
  atom.size = like.size;
  atom.baseline = like.baseline;
  atom.axis = (box.y0 + box.y1) / 2;
  return atom;
}

/// A root whose radical ends where the bar begins. `found` says whether there is one; false: uncertain.
bool join_root(Atoms& atoms, const Ruling& bar, int depth, bool& found) {
  std::size_t at = atoms.size();
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    const Atom& a = atoms[i];
    const float em = a.size;
    if (a.code == 0x221A && std::abs(bar.from - a.box.x1) < 0.25f * em && std::abs(bar.at - a.box.y0) < 0.25f * em)
      at = i;
  }
  found = at < atoms.size();
  if (!found) return true;
  const Atom radical = atoms[at];
  atoms.erase(atoms.begin() + static_cast<std::ptrdiff_t>(at));
  const float em = radical.size, low = radical.box.y1;
  Atoms inside = take_atoms(atoms, [&](const Atom& a) {
    const float y = (a.box.y0 + a.box.y1) / 2;
    return a.middle() > bar.from - 0.05f * em && a.middle() < bar.to + 0.05f * em && y > bar.at && y < low + 0.1f * em;
  });
  Atoms index = take_atoms(atoms, [&](const Atom& a) {
    return a.size < 0.75f * em && a.middle() > radical.box.x0 - 0.5f * em && a.box.x1 < radical.box.x1 + 0.05f * em &&
           a.baseline < (radical.box.y0 + low) / 2 + 0.2f * em && a.baseline > radical.box.y0 - 0.3f * em;
  });
  const Box frame{radical.box.x0, bar.at, bar.to, low};
  const auto content = inside.empty() ? std::nullopt : parse_formula(std::move(inside), depth + 1);
  if (!content) return false;
  std::string tex = "\\sqrt";
  if (!index.empty()) {
    const auto parsed = parse_formula(std::move(index), depth + 1);
    if (!parsed) return false;
    tex += "[" + parsed->tex + "]";
  }
  Atom root = group(tex + "{" + content->tex + "}", frame, Atom::Kind::kSymbol, *content);
  atoms.push_back(std::move(root));
  return true;
}

bool join_fraction(Atoms& atoms, const Ruling& bar, const std::vector<Ruling>& others, int depth) {
  Atoms above = take_stack(atoms, bar, true, others), below = take_stack(atoms, bar, false, others);
  if (above.empty() && below.empty()) return false;
  const Box frame{bar.from, bar.at - 0.3f, bar.to, bar.at + 0.3f};
  if (above.empty() || below.empty()) {
    const bool over = above.empty();
    Atoms& only = over ? below : above;
    const Box box = hull(box_of(only), frame);
    const float width = bar.to - bar.from;
    if (box.x1 - box.x0 > 1.3f * width + 2) return false;
    const auto parsed = parse_formula(std::move(only), depth + 1);
    if (!parsed) return false;
    atoms.push_back(
        group((over ? "\\overline{" : "\\underline{") + parsed->tex + "}", box, Atom::Kind::kSymbol, *parsed));
    return true;
  }
  const Box box = hull(hull(box_of(above), box_of(below)), frame);
  const auto numerator = parse_formula(std::move(above), depth + 1);
  const auto denominator = parse_formula(std::move(below), depth + 1);
  if (!numerator || !denominator) return false;
  Atom atom = group("\\frac{" + numerator->tex + "}{" + denominator->tex + "}", box, Atom::Kind::kFraction, *numerator);
  atom.size = std::max(numerator->size, denominator->size);
  atom.axis = bar.at;
  atoms.push_back(std::move(atom));
  return true;
}

/// Bars from the shortest: those inside are shorter than those around them.
bool join_bars(Atoms& atoms, std::vector<Ruling> bars, int depth) {
  std::stable_sort(bars.begin(), bars.end(),
                   [](const Ruling& a, const Ruling& b) { return a.to - a.from < b.to - b.from; });
  while (!bars.empty()) {
    const Ruling bar = bars.front();
    bars.erase(bars.begin());
    bool root = false;
    if (!join_root(atoms, bar, depth, root)) return false;
    if (!root && !join_fraction(atoms, bar, bars, depth)) return false;
  }
  return std::none_of(atoms.begin(), atoms.end(), [](const Atom& a) { return a.code == 0x221A || a.code == 0x338; });
}

/// Accents go to the letters below them.
bool join_accents(Atoms& atoms) {
  Atoms accents = take_atoms(atoms, [](const Atom& a) { return a.symbol == SymbolKind::kAccent; });
  for (const Atom& accent : accents) {
    const float em = accent.size, width = accent.box.x1 - accent.box.x0;
    const bool wide = accent.alphabet == Alphabet::kExtension || accent.alphabet == Alphabet::kBlackboard;
    Atoms under = take_atoms(atoms, [&](const Atom& a) {
      const float slack = wide ? 0.05f * em : 0.25f * em;
      const bool across = wide && a.box.x1 - a.box.x0 < width
                              ? a.middle() > accent.box.x0 - slack && a.middle() < accent.box.x1 + slack
                              : accent.middle() > a.box.x0 - slack && accent.middle() < a.box.x1 + slack;
      return across && accent.box.y1 < a.box.y0 + 0.35f * em && accent.box.y1 > a.box.y0 - 0.45f * em &&
             a.kind == Atom::Kind::kSymbol && a.symbol == SymbolKind::kOrdinary;
    });
    if (under.empty()) {  // over a roman letter
      under = take_atoms(atoms, [&](const Atom& a) {
        return a.kind == Atom::Kind::kRoman && accent.middle() > a.box.x0 && accent.middle() < a.box.x1 &&
               accent.box.y1 < a.baseline && a.tex.size() == 1;
      });
    }
    if (under.empty()) return false;
    if (!wide && under.size() > 1) {  // the nearest one
      const auto nearer = [&](const Atom& a, const Atom& b) {
        return std::abs(a.middle() - accent.middle()) < std::abs(b.middle() - accent.middle());
      };
      std::sort(under.begin(), under.end(), nearer);
      while (under.size() > 1) atoms.push_back(std::move(under.back())), under.pop_back();
    }
    std::sort(under.begin(), under.end(), [](const Atom& a, const Atom& b) { return a.box.x0 < b.box.x0; });
    std::string inside;
    for (const Atom& a : under) append_tex(inside, a.tex);
    std::string command(accent.tex);
    if (wide) command = accent.tex == "\\tilde" ? "\\widetilde" : accent.tex == "\\hat" ? "\\widehat" : command;
    Atom whole = under.front();
    for (const Atom& a : under) whole.box = hull(whole.box, a.box);
    whole.box = hull(whole.box, accent.box);
    whole.tex = command + "{" + inside + "}";
    whole.code = 0;
    atoms.push_back(std::move(whole));
  }
  return true;
}

/// What stands right above or below `base` in smaller type.
Atoms take_limit(Atoms& atoms, const Atom& base, bool above) {
  const float em = base.size;
  const auto small = [&](const Atom& a) {
    if (a.size > 0.87f * em || a.limits) return false;
    const float apart = above ? base.box.y0 - a.box.y1 : a.box.y0 - base.box.y1;
    return apart > -0.12f * em && apart < 0.9f * em && (above ? a.baseline < base.box.y0 : true);
  };
  float left = 1e9f, right = -1e9f, top = 1e9f, bottom = -1e9f;
  Atoms taken;
  for (bool more = true; more;) {
    Atoms grown = take_atoms(atoms, [&](const Atom& a) {
      if (!small(a)) return false;
      if (left > right) return a.middle() > base.box.x0 - 0.05f * em && a.middle() < base.box.x1 + 0.05f * em;
      const bool level = a.top() < bottom && a.bottom() > top;
      return level && a.box.x0 < right + 0.2f * em && a.box.x1 > left - 0.2f * em;
    });
    more = !grown.empty();
    for (Atom& a : grown) {
      left = std::min(left, a.box.x0), right = std::max(right, a.box.x1);
      top = std::min(top, a.top()), bottom = std::max(bottom, a.bottom());
      taken.push_back(std::move(a));
    }
  }
  return taken;
}

bool join_limits(Atoms& atoms, int depth) {
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    const bool relation = atoms[i].symbol == SymbolKind::kRelation && atoms[i].kind == Atom::Kind::kSymbol;
    if (!atoms[i].limits && !relation) continue;
    Atom base = atoms[i];
    base.limits = false;
    atoms.erase(atoms.begin() + static_cast<std::ptrdiff_t>(i));
    Atoms below = take_limit(atoms, base, false), above = take_limit(atoms, base, true);
    // What was taken may have stood before the base.
    i = std::min(i, atoms.size());
    for (const bool up : {false, true}) {
      Atoms& limit = up ? above : below;
      if (limit.empty()) continue;
      base.box = hull(base.box, box_of(limit));
      const auto parsed = parse_formula(std::move(limit), depth + 1);
      if (!parsed) return false;
      const bool arrow = base.tex == "\\longrightarrow" || base.tex == "\\longleftarrow";
      if (arrow && up)
        base.tex = (base.tex == "\\longrightarrow" ? "\\xrightarrow{" : "\\xleftarrow{") + parsed->tex + "}";
      else if (relation)
        base.tex = (up ? "\\overset{" : "\\underset{") + parsed->tex + "}{" + base.tex + "}";
      else
        base.tex += (up ? "^{" : "_{") + parsed->tex + "}";
    }
    atoms.insert(atoms.begin() + static_cast<std::ptrdiff_t>(i), std::move(base));
  }
  return true;
}

}  // namespace

std::optional<ParsedFormula> parse_formula(Atoms atoms, int depth) {
  if (atoms.empty() || depth > kDepthMax) return std::nullopt;
  if (!join_accents(atoms) || !join_limits(atoms, depth) || !join_matrices(atoms, depth) || atoms.empty())
    return std::nullopt;
  std::vector<Atoms> rows = formula_rows(std::move(atoms));
  return rows.size() == 1 ? parse_formula_line(std::move(rows[0]), depth) : parse_formula_rows(std::move(rows), depth);
}

std::optional<std::string> formula_tex(std::span<const FormulaGlyph> glyphs, std::span<const Ruling> bars) {
  if (glyphs.empty() || glyphs.size() > kGlyphsMax || bars.size() > kBarsMax) return std::nullopt;
  std::optional<Atoms> atoms = atoms_of(glyphs);
  if (!atoms || atoms->empty()) return std::nullopt;
  if (!join_bars(*atoms, {bars.begin(), bars.end()}, 0)) return std::nullopt;
  const auto parsed = parse_formula(std::move(*atoms), 0);
  if (!parsed) return std::nullopt;
  return parsed->tex;
}

}  // namespace millpond::extract::pdf
