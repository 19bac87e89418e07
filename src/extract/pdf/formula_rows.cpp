// Formulas of several rows: matrices, cases, binomials, aligned equations.
#include <cmath>

#include "extract/pdf/formula_tree.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kColumnGapEm = 0.7f;
constexpr std::size_t kRowsMax = 200, kColumnsMax = 60;

bool opens(const Atom& a) { return a.symbol == SymbolKind::kOpen; }
bool closes(const Atom& a) { return a.symbol == SymbolKind::kClose; }
bool is_bar(const Atom& a) { return a.tex == "|" || a.tex == "\\|"; }

float size_of(const Atoms& atoms) {
  float size = 0;
  for (const Atom& a : atoms) size = std::max(size, a.size);
  return size;
}

/// Where columns begin: after strips that no row has ink in.
std::vector<float> columns_of(const std::vector<Atoms>& rows) {
  std::vector<std::pair<float, float>> spans;
  float size = 0;
  for (const Atoms& row : rows) {
    for (const Atom& a : row) spans.emplace_back(a.box.x0, a.box.x1);
    size = std::max(size, size_of(row));
  }
  std::sort(spans.begin(), spans.end());
  std::vector<float> starts;
  float right = -1e9f;
  for (const auto& [x0, x1] : spans) {
    if (starts.empty() || x0 - right > kColumnGapEm * size) starts.push_back(x0);
    right = std::max(right, x1);
  }
  return starts;
}

std::optional<std::string> table_of(std::vector<Atoms> rows, const std::vector<float>& starts, int depth) {
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (r > 0) out += "\\\\";
    for (std::size_t c = 0; c < starts.size(); ++c) {
      if (c > 0) out += '&';
      const float end = c + 1 < starts.size() ? starts[c + 1] : 1e9f;
      Atoms cell = take_atoms(rows[r], [&](const Atom& a) { return a.box.x0 < end - 0.01f; });
      if (cell.empty()) continue;
      const auto parsed = parse_formula(std::move(cell), depth + 1);
      if (!parsed) return std::nullopt;
      out += parsed->tex;
    }
  }
  return out;
}

std::string_view environment_of(const Atom& open, const Atom* close) {
  if (!close) return open.tex == "\\{" ? "cases" : "";
  if (open.tex == "(" && close->tex == ")") return "pmatrix";
  if (open.tex == "[" && close->tex == "]") return "bmatrix";
  if (open.tex == "\\{" && close->tex == "\\}") return "Bmatrix";
  if (open.tex == "|" && close->tex == "|") return "vmatrix";
  if (open.tex == "\\|" && close->tex == "\\|") return "Vmatrix";
  return "";
}

/// Two rows closer than those of a matrix or farther apart, or in smaller type than what is around.
bool is_binomial(const std::vector<Atoms>& rows, std::size_t columns, float around) {
  if (rows.size() != 2 || columns != 1) return false;
  const float size = size_of(rows[0]);
  if (size < 0.87f * around) return true;
  const auto lowest = [](const Atoms& row) {
    float y = -1e9f;
    for (const Atom& a : row) {
      if (!a.centred() && a.size > 0.85f * size_of(row)) y = std::max(y, a.baseline);
    }
    return y;
  };
  const float pitch = lowest(rows[1]) - lowest(rows[0]);
  return pitch > 1.27f * size || pitch < 1.1f * size;
}

struct Pair {
  std::size_t open, close;  // close == npos: none
};

/// The innermost pair of tall delimiters with several rows between; false if there is none.
bool join_one(Atoms& atoms, int depth, bool& failed) {
  std::sort(atoms.begin(), atoms.end(), [](const Atom& a, const Atom& b) { return a.box.x0 < b.box.x0; });
  const auto tall = [&](std::size_t i) { return atoms[i].kind == Atom::Kind::kDelimiter && atoms[i].limits == false; };
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    if (!tall(i) || !(opens(atoms[i]) || is_bar(atoms[i]))) continue;
    std::size_t close = i + 1;
    const auto same = [&](const Atom& a) {
      return std::abs(a.axis - atoms[i].axis) < 0.3f * a.size &&
             std::abs((a.box.y1 - a.box.y0) - (atoms[i].box.y1 - atoms[i].box.y0)) < 0.4f * a.size;
    };
    bool inner = false;
    while (close < atoms.size() && !(tall(close) && same(atoms[close]))) ++close;
    if (close < atoms.size() && opens(atoms[close])) inner = true;  // begins another one first
    const bool found = close < atoms.size() && !inner && (closes(atoms[close]) || is_bar(atoms[close]));
    if (!found && (inner || atoms[i].tex != "\\{")) continue;
    const Atom open = atoms[i];
    const Atom end = found ? atoms[close] : Atom{};
    const float right = found ? end.box.x0 : 1e9f, em = open.size;
    const auto between = [&](const Atom& a) {
      const float y = a.line_axis();
      return a.middle() > open.box.x1 - 0.1f * em && a.middle() < right + 0.1f * em && y > open.box.y0 - 0.1f * em &&
             y < open.box.y1 + 0.1f * em && !(a.kind == Atom::Kind::kDelimiter && same(a));
    };
    Atoms all = atoms;
    Atoms inside = take_atoms(all, between);
    if (inside.empty()) continue;
    std::vector<Atoms> rows = formula_rows(inside);
    if (rows.size() < 2 || rows.size() > kRowsMax) continue;
    const std::vector<float> starts = columns_of(rows);
    if (starts.size() > kColumnsMax) continue;
    const bool binomial = open.tex == "(" && found && end.tex == ")" && is_binomial(rows, starts.size(), open.size);
    std::string tex;
    if (binomial) {
      const auto above = parse_formula(std::move(rows[0]), depth + 1);
      const auto below = parse_formula(std::move(rows[1]), depth + 1);
      if (!above || !below) return failed = true;
      tex = "\\binom{" + above->tex + "}{" + below->tex + "}";
    } else {
      const auto table = table_of(std::move(rows), starts, depth);
      if (!table) return failed = true;
      const std::string name(environment_of(open, found ? &end : nullptr));
      tex = name.empty() ? "\\left" + open.tex + "\\begin{matrix}" + *table + "\\end{matrix}\\right" +
                               (found ? end.tex : std::string("."))
                         : "\\begin{" + name + "}" + *table + "\\end{" + name + "}";
    }
    Atom whole = open;
    whole.kind = Atom::Kind::kGroup;
    whole.symbol = SymbolKind::kOrdinary;
    whole.tex = std::move(tex);
    whole.code = 0;
    for (const Atom& a : inside) whole.box = hull(whole.box, a.box);
    if (found) whole.box = hull(whole.box, end.box);
    bool gone = false;
    atoms = take_atoms(all, [&](const Atom& a) {
      if (a.kind == Atom::Kind::kDelimiter && a.box == open.box && !gone) return !(gone = true);
      return !(found && a.kind == Atom::Kind::kDelimiter && a.box == end.box);
    });
    atoms.push_back(std::move(whole));
    return true;
  }
  return false;
}

}  // namespace

bool join_matrices(Atoms& atoms, int depth) {
  bool failed = false;
  for (int rounds = 0; rounds < 200 && join_one(atoms, depth, failed); ++rounds) {
    if (failed) return false;
  }
  return !failed;
}

std::vector<Atoms> formula_rows(Atoms atoms) {
  std::sort(atoms.begin(), atoms.end(), [](const Atom& a, const Atom& b) { return a.top() < b.top(); });
  std::vector<Atoms> rows;
  float bottom = 0;
  for (Atom& atom : atoms) {
    if (rows.empty() || atom.top() > bottom + 0.04f * atom.size) rows.emplace_back();
    bottom = rows.back().empty() ? atom.bottom() : std::max(bottom, atom.bottom());
    rows.back().push_back(std::move(atom));
  }
  return rows;
}

std::optional<ParsedFormula> parse_formula_rows(std::vector<Atoms> rows, int depth) {
  if (rows.empty() || rows.size() > kRowsMax) return std::nullopt;
  const auto by_x = [](const Atom& a, const Atom& b) { return a.box.x0 < b.box.x0; };
  std::vector<std::vector<const Atom*>> marks;
  for (Atoms& row : rows) {
    std::sort(row.begin(), row.end(), by_x);
    marks.emplace_back();
    for (const Atom& a : row) {
      if (a.symbol == SymbolKind::kRelation || a.symbol == SymbolKind::kBinary) marks.back().push_back(&a);
    }
  }
  // The place of a relation that every row has.
  float at = 0;
  bool aligned = false;
  for (const Atom* mark : marks[0]) {
    at = mark->box.x0;
    aligned = mark->symbol == SymbolKind::kRelation &&
              std::all_of(marks.begin(), marks.end(), [&](const std::vector<const Atom*>& row) {
                return std::any_of(row.begin(), row.end(),
                                   [&](const Atom* a) { return std::abs(a->box.x0 - at) < 0.3f * a->size; });
              });
    if (aligned) break;
  }
  std::string out;
  ParsedFormula first;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (r > 0) out += "\\\\";
    Atoms left, right = std::move(rows[r]);
    if (aligned) left = take_atoms(right, [&](const Atom& a) { return a.box.x0 < at - 0.3f * a.size; });
    for (Atoms* side : {&left, &right}) {
      if (side == &right && aligned) out += '&';
      if (side->empty()) continue;
      const auto parsed = parse_formula_line(std::move(*side), depth + 1);
      if (!parsed) return std::nullopt;
      out += parsed->tex;
      if (first.size == 0) first = *parsed;
    }
  }
  const std::string name = aligned ? "aligned" : "gathered";
  first.tex = "\\begin{" + name + "}" + out + "\\end{" + name + "}";
  return first;
}

}  // namespace millpond::extract::pdf
