#include "extract/pdf/formula_atoms.h"

#include <cmath>
#include <utility>

namespace millpond::extract::pdf {
namespace {

bool ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char32_t c) { return c >= '0' && c <= '9'; }

std::string braced(std::string_view command, std::string_view inside) {
  if (command.empty()) return std::string(inside);
  return std::string(command) + "{" + std::string(inside) + "}";
}

std::string_view letter_command(Alphabet alphabet, char32_t code) {
  switch (alphabet) {
    case Alphabet::kBold: return "\\mathbf";
    case Alphabet::kMono: return "\\mathtt";
    case Alphabet::kBoldItalic: return "\\boldsymbol";
    case Alphabet::kSymbols: return digit(code) ? "" : "\\mathcal";
    case Alphabet::kBlackboard: return "\\mathbb";
    case Alphabet::kFraktur: return "\\mathfrak";
    case Alphabet::kScript: return "\\mathscr";
    default: return "";
  }
}

/// False if the glyph has no name.
bool name(const FormulaGlyph& glyph, Atom& atom) {
  const char32_t code = glyph.code;
  if (const StyledLetter styled = styled_letter(code); styled.plain != 0) {
    const FormulaSymbol symbol = formula_symbol(styled.plain);
    const char letter = static_cast<char>(styled.plain);
    atom.tex = braced(styled.command, symbol.kind == SymbolKind::kUnknown ? std::string_view(&letter, 1) : symbol.tex);
    return styled.plain < 0x80 || symbol.kind != SymbolKind::kUnknown;
  }
  if (ascii_letter(code) || digit(code)) {
    const char letter = static_cast<char>(code);
    if (glyph.alphabet == Alphabet::kExtension) return false;
    atom.tex = braced(letter_command(glyph.alphabet, code), std::string_view(&letter, 1));
    const bool roman = glyph.alphabet == Alphabet::kRoman || glyph.alphabet == Alphabet::kUnicode ||
                       glyph.alphabet == Alphabet::kTextItalic;
    if (roman && ascii_letter(code)) atom.kind = Atom::Kind::kRoman;
    return true;
  }
  if (code == 0x338 || code == 0x221A || (code >= 0x239B && code <= 0x23AE) || code == 0x23B7 || code == 0x23D0)
    return true;  // parts of others
  const FormulaSymbol symbol = formula_symbol(code);
  if (symbol.kind == SymbolKind::kUnknown) return false;
  atom.symbol = symbol.kind;
  const bool greek = code >= 0x391 && code <= 0x3F5;
  const bool bold = glyph.alphabet == Alphabet::kBoldItalic || glyph.alphabet == Alphabet::kBold;
  atom.tex = greek && bold ? braced(letter_command(glyph.alphabet, code), symbol.tex) : std::string(symbol.tex);
  return true;
}

bool is_delimiter(const Atom& atom) {
  return atom.symbol == SymbolKind::kOpen || atom.symbol == SymbolKind::kClose || atom.code == '|' ||
         atom.code == 0x2016 || atom.code == 0x2225;
}

/// The delimiter that a piece belongs to; 0 if it is none. `certain`: no other delimiter has the same piece.
char32_t whole_of(char32_t piece, bool& certain) {
  certain = true;
  if (piece >= 0x239B && piece <= 0x239D) return '(';
  if (piece >= 0x239E && piece <= 0x23A0) return ')';
  if (piece >= 0x23A1 && piece <= 0x23A3) return '[';
  if (piece >= 0x23A4 && piece <= 0x23A6) return ']';
  if (piece >= 0x23A7 && piece <= 0x23A9) return '{';
  if (piece >= 0x23AB && piece <= 0x23AD) return '}';
  certain = false;
  if (piece == 0x23AA) return '{';
  if (piece == 0x23D0 || piece == '|') return '|';
  if (piece == 0x2016 || piece == 0x2225) return 0x2016;
  return 0;
}

/// Puts tall delimiters and roots together that are drawn in pieces one above the other.
void join_pieces(Atoms& atoms) {
  struct Group {
    Atom whole;
    char32_t code;
    bool certain, root;
  };
  Atoms pieces, rest;
  for (Atom& atom : atoms) {
    bool certain;
    const bool piece = atom.alphabet == Alphabet::kExtension &&
                       (whole_of(atom.code, certain) != 0 || atom.code == 0x221A || atom.code == 0x23B7);
    (piece ? pieces : rest).push_back(std::move(atom));
  }
  std::stable_sort(pieces.begin(), pieces.end(), [](const Atom& a, const Atom& b) { return a.box.y0 < b.box.y0; });
  std::vector<Group> groups;
  for (Atom& piece : pieces) {
    bool certain = false;
    const char32_t code = whole_of(piece.code, certain);
    const bool root = piece.code == 0x221A || piece.code == 0x23B7, top = piece.code == 0x23D0;
    const auto home = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      const Box& box = group.whole.box;
      const float overlap = std::min(box.x1, piece.box.x1) - std::max(box.x0, piece.box.x0), em = piece.size;
      const float apart = std::max(piece.box.y0 - box.y1, box.y0 - piece.box.y1);
      const bool same = group.root || root ? (group.root || group.whole.code == 0x23D0) && (root || top)
                                           : group.code == code || !group.certain || !certain;
      return same && overlap > -0.05f * em && apart < 0.2f * em;
    });
    if (home == groups.end()) {
      groups.push_back({std::move(piece), code, certain, root});
      continue;
    }
    home->whole.box = hull(home->whole.box, piece.box);
    if (certain) home->code = code, home->certain = true;
    home->root = home->root || root;
  }
  for (Group& group : groups) {
    Atom& whole = group.whole;
    whole.code = group.root ? 0x221A : group.code;
    const FormulaSymbol symbol = formula_symbol(whole.code);
    if (!group.root) whole.symbol = symbol.kind, whole.tex = symbol.tex;
    rest.push_back(std::move(whole));
  }
  atoms = std::move(rest);
}

/// Three dots in a row, one above the other, or on a diagonal.
bool join_dots(const Atom* three, Atom& out) {
  const Atom &a = three[0], &b = three[1], &c = three[2];
  const bool high = a.code == 0xB7 || a.code == 0x22C5;
  if ((a.code != '.' && !high) || b.code != a.code || c.code != a.code) return false;
  const float em = a.size, x1 = b.middle() - a.middle(), x2 = c.middle() - b.middle();
  const float y1 = b.baseline - a.baseline, y2 = c.baseline - b.baseline;
  if (std::abs(x1 - x2) > 0.1f * em || std::abs(y1 - y2) > 0.1f * em || std::abs(x1) > 0.75f * em ||
      std::abs(y1) > 0.75f * em)
    return false;
  out = a;
  out.box = hull(hull(a.box, b.box), c.box);
  out.code = 0;
  out.symbol = SymbolKind::kOrdinary;
  if (std::abs(y1) < 0.05f * em) {
    out.tex = high ? "\\cdots" : "\\ldots";
    return x1 > 0.1f * em;
  }
  out.baseline = std::max(a.baseline, c.baseline);
  out.tex = std::abs(x1) < 0.1f * em ? "\\vdots" : "\\ddots";
  return std::abs(x1) < 0.1f * em || (x1 > 0) == (y1 > 0);
}

bool overlap(const Atom& a, const Atom& b) {
  return a.box.x0 < b.box.x1 && b.box.x0 < a.box.x1 && a.box.y0 < b.box.y1 + 1 && b.box.y0 < a.box.y1 + 1;
}

std::string negated(const Atom& atom) {
  switch (atom.code) {
    case '=': return "\\neq";
    case 0x2208: return "\\notin";
    case 0x2203: return "\\nexists";
    default: return "\\not" + atom.tex;
  }
}

/// What two symbols mean that touch or lie upon each other; empty if they do not belong together.
std::string joined(const Atom& a, const Atom& b) {
  if (std::abs(a.baseline - b.baseline) > 0.05f * a.size || a.size != b.size) return {};
  if (b.box.x0 - a.box.x1 > 0.01f * a.size || b.box.x0 < a.box.x0) return {};
  const bool minus = a.code == 0x2212 || a.tex == "\\leftarrow", equals = a.code == '=' || a.tex == "\\Leftarrow";
  if (b.tex == "\\to")
    return a.code == 0x2212                     ? "\\longrightarrow"
           : a.tex == "\\mapsto" && a.code != 0 ? "\\mapsto"
           : a.tex == "\\longmapsto"            ? "\\longmapsto"
           : minus                              ? "\\longleftrightarrow"
           : a.code == ','                      ? "\\hookrightarrow"
                                                : "";
  if (b.code == 0x21D2) return a.code == '=' ? "\\Longrightarrow" : equals ? "\\Longleftrightarrow" : "";
  if (a.tex == "\\leftarrow" && b.code == 0x2212) return "\\longleftarrow";
  if (a.tex == "\\mapsto" && b.code == 0x2212) return "\\longmapsto";  // the arrow follows
  if (a.tex == "\\Leftarrow" && b.code == '=') return "\\Longleftarrow";
  if (a.code == '|' && b.code == '=') return "\\models";
  if (a.code == 0x222B && b.code == 0x222B) return "\\iint";
  if (a.tex == "\\iint" && b.code == 0x222B) return "\\iiint";
  return {};
}

void join_symbols(Atoms& atoms) {
  Atoms out;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    Atom& atom = atoms[i];
    Atom dots;
    if (i + 2 < atoms.size() && join_dots(&atoms[i], dots)) {
      out.push_back(std::move(dots));
      i += 2;
      continue;
    }
    const bool cancels = atom.code == '/' && i + 1 < atoms.size() && overlap(atom, atoms[i + 1]) &&
                         atoms[i + 1].symbol == SymbolKind::kRelation &&
                         std::abs(atom.middle() - atoms[i + 1].middle()) < 0.15f * atom.size;
    if (atom.code == 0x338 || cancels) {
      Atom* through = i + 1 < atoms.size() && overlap(atom, atoms[i + 1]) ? &atoms[i + 1] : nullptr;
      if (!through && !out.empty() && overlap(atom, out.back())) through = &out.back();
      if (through) {
        through->tex = negated(*through);
        through->box = hull(through->box, atom.box);
        through->code = 0;
        continue;
      }
    }
    if (!out.empty()) {
      if (std::string both = joined(out.back(), atom); !both.empty()) {
        out.back().tex = std::move(both);
        out.back().box = hull(out.back().box, atom.box);
        out.back().code = 0;
        if (atom.symbol == SymbolKind::kRelation) out.back().symbol = SymbolKind::kRelation;
        continue;
      }
    }
    out.push_back(std::move(atom));
  }
  atoms = std::move(out);
}

/// Letters of a word become one atom, and this a function if TeX knows it.
void join_words(Atoms& atoms) {
  Atoms out;
  for (Atom& atom : atoms) {
    if (atom.kind == Atom::Kind::kRoman && !out.empty() && out.back().kind == Atom::Kind::kRoman) {
      Atom& word = out.back();
      const float gap = atom.box.x0 - word.box.x1;
      if (std::abs(atom.baseline - word.baseline) < 0.05f * word.size && atom.size == word.size &&
          atom.alphabet == word.alphabet && gap < 0.14f * word.size && gap > -0.3f * word.size) {
        word.tex += atom.tex;
        word.box = hull(word.box, atom.box);
        continue;
      }
    }
    out.push_back(std::move(atom));
  }
  atoms.clear();
  for (Atom& atom : out) {
    if (atom.kind != Atom::Kind::kRoman || atom.alphabet == Alphabet::kTextItalic) {
      atoms.push_back(std::move(atom));
      continue;
    }
    bool limits = false;
    const bool after_lim = !atoms.empty() && atoms.back().tex == "\\lim" && (atom.tex == "sup" || atom.tex == "inf") &&
                           atom.box.x0 - atoms.back().box.x1 < 0.35f * atom.size &&
                           std::abs(atom.baseline - atoms.back().baseline) < 0.05f * atom.size;
    if (after_lim) {
      atoms.back().tex += atom.tex;
      atoms.back().box = hull(atoms.back().box, atom.box);
      continue;
    }
    const std::string_view command = function_command(atom.tex, limits);
    if (!command.empty()) {
      atom.kind = Atom::Kind::kFunction;
      atom.tex = command;
      atom.limits = limits;
    }
    atoms.push_back(std::move(atom));
  }
}

}  // namespace

std::string_view function_command(std::string_view name, bool& limits) {
  static constexpr std::string_view kWithLimits[] = {"\\lim",
                                                     "\\max",
                                                     "\\min",
                                                     "\\sup",
                                                     "\\inf",
                                                     "\\limsup",
                                                     "\\det",
                                                     "\\gcd",
                                                     "\\Pr",
                                                     "\\liminf",
                                                     "\\operatorname*{argmax}",
                                                     "\\operatorname*{argmin}"};
  static constexpr std::string_view kPlain[] = {"\\arccos", "\\arcsin", "\\arctan", "\\arg",  "\\cos", "\\cosh",
                                                "\\cot",    "\\coth",   "\\csc",    "\\deg",  "\\dim", "\\exp",
                                                "\\hom",    "\\ker",    "\\lg",     "\\ln",   "\\log", "\\sec",
                                                "\\sin",    "\\sinh",   "\\tan",    "\\tanh", "\\bmod"};
  const auto matches = [&](std::string_view command) {
    return command.substr(1) == name || (command.starts_with("\\op") && command.substr(15, 6) == name) ||
           (command == "\\bmod" && name == "mod");
  };
  for (const std::string_view command : kWithLimits) {
    if (matches(command)) return limits = true, command;
  }
  for (const std::string_view command : kPlain) {
    if (matches(command)) return limits = false, command;
  }
  return {};
}

std::optional<Atoms> atoms_of(std::span<const FormulaGlyph> glyphs) {
  Atoms atoms;
  for (const FormulaGlyph& glyph : glyphs) {
    const Box& b = glyph.box;
    if (glyph.code == ' ') continue;
    if (!(glyph.size > 0.5f) || !(glyph.size < 500) || !std::isfinite(b.x0 + b.x1 + b.y0 + b.y1 + glyph.baseline))
      return std::nullopt;
    Atom atom;
    atom.code = glyph.code;
    atom.alphabet = glyph.alphabet;
    atom.box = b;
    atom.baseline = glyph.baseline;
    atom.size = glyph.size;
    atom.axis = (b.y0 + b.y1) / 2;
    if (!name(glyph, atom)) return std::nullopt;
    atoms.push_back(std::move(atom));
  }
  join_pieces(atoms);
  join_symbols(atoms);
  join_words(atoms);
  for (Atom& atom : atoms) {
    const float height = atom.box.y1 - atom.box.y0;
    atom.axis = (atom.box.y0 + atom.box.y1) / 2;
    if (atom.symbol == SymbolKind::kOperator) {
      atom.kind = Atom::Kind::kOperator;
      atom.limits = true;
    } else if (is_delimiter(atom) && (atom.alphabet == Alphabet::kExtension || height > 1.25f * atom.size)) {
      atom.kind = Atom::Kind::kDelimiter;
    }
  }
  return atoms;
}

}  // namespace millpond::extract::pdf
