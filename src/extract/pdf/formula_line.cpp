// One line of a formula: its letters from left to right with their exponents and indices.
#include <cmath>

#include "extract/office/tex_symbols.h"
#include "extract/pdf/formula_tree.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kQuadEm = 0.9f;  // a wider gap is meant
constexpr float kSmall = 0.87f;  // type smaller than this, by that of the line, is that of exponents

/// What stands on the line, with its scripts.
struct Place {
  const Atom* base = nullptr;  // none: scripts before the first letter
  Atoms above, below;
};

class LineParser {
 public:
  LineParser(const Atoms& atoms, int depth) : atoms_(atoms), depth_(depth) {}

  std::optional<ParsedFormula> parse() {
    find_line();
    if (!place_all() || !match_delimiters()) return std::nullopt;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (!append(i)) return std::nullopt;
    }
    return ParsedFormula{std::move(out_), baseline_, size_};
  }

 private:
  /// The type size and baseline of the line: those of the first letter in its largest type.
  void find_line() {
    for (const Atom& a : atoms_) size_ = std::max(size_, a.size);
    for (const Atom& a : atoms_) {
      if (a.centred() || a.size < kSmall * size_) continue;
      baseline_ = a.baseline;
      return;
    }
    const auto first =
        std::find_if(atoms_.begin(), atoms_.end(), [&](const Atom& a) { return a.size >= kSmall * size_; });
    baseline_ = first->axis + 0.25f * size_;
  }

  /// How far an atom stands below the line (above it: negative), by its type size.
  float below(const Atom& a) const {
    return (a.centred() ? a.axis - (baseline_ - 0.25f * size_) : a.baseline - baseline_) / size_;
  }
  bool on_line(const Atom& a) const {
    const float off = std::abs(below(a));
    if (!a.centred()) return off < (a.size >= kSmall * size_ ? 0.13f : 0.06f);
    return a.kind == Atom::Kind::kFraction && a.size < kSmall * size_ ? off < 0.1f : off < 0.4f;
  }

  bool place_all() {
    for (const Atom& a : atoms_) {
      if (on_line(a)) {
        if (!places_.empty() && places_.back().base && lies_upon(*places_.back().base, a)) return false;
        places_.push_back({&a, {}, {}});
        continue;
      }
      if (std::abs(below(a)) > 6) return false;
      if (places_.empty()) places_.emplace_back();
      Place& place = places_.back();
      (below(a) < 0 ? place.above : place.below).push_back(a);
    }
    return true;
  }

  static bool lies_upon(const Atom& a, const Atom& b) {
    const float shared = std::min(a.box.x1, b.box.x1) - std::max(a.box.x0, b.box.x0);
    return shared > 0.6f * std::min(a.box.x1 - a.box.x0, b.box.x1 - b.box.x0) && shared > 0.1f * a.size;
  }

  /// `\left` needs a `\right`: those without are set by their size.
  bool match_delimiters() {
    std::vector<std::size_t> open;
    matched_.assign(places_.size(), 0);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Atom* a = places_[i].base;
      if (!a || a->kind != Atom::Kind::kDelimiter) continue;
      const bool bar = a->symbol == SymbolKind::kOrdinary;
      const bool closes =
          a->symbol == SymbolKind::kClose || (bar && !open.empty() && places_[open.back()].base->tex == a->tex);
      if (!closes) {
        open.push_back(i);
      } else if (!open.empty()) {
        // A bar that was taken for an opening one stands alone ("f|_0").
        while (!open.empty() && places_[open.back()].base->symbol == SymbolKind::kOrdinary && !bar) open.pop_back();
        if (open.empty()) continue;
        matched_[open.back()] = 1;
        matched_[i] = 2;
        open.pop_back();
      }
    }
    return true;
  }

  std::string delimiter(const Atom& a, std::size_t i) const {
    if (matched_[i] == 1) return "\\left" + a.tex;
    if (matched_[i] == 2) return "\\right" + a.tex;
    const float height = (a.box.y1 - a.box.y0) / size_;
    return (height < 1.35f ? "\\big" : height < 2 ? "\\Big" : height < 2.6f ? "\\bigg" : "\\Bigg") + a.tex;
  }

  static float right_of(const Place& place) {
    float right = place.base ? place.base->box.x1 : -1e9f;
    for (const Atoms* scripts : {&place.above, &place.below}) {
      for (const Atom& a : *scripts) right = std::max(right, a.box.x1);
    }
    return right;
  }

  bool append(std::size_t& i) {
    const Place& place = places_[i];
    if (place.base && i > 0 && place.base->box.x0 - right_of(places_[i - 1]) > kQuadEm * size_) out_ += "\\quad ";
    if (!place.base) {
      out_ += "{}";
    } else if (place.base->kind == Atom::Kind::kRoman) {
      append_words(i);
    } else if (place.base->kind == Atom::Kind::kDelimiter) {
      append_tex(out_, delimiter(*place.base, i));
    } else {
      append_tex(out_, place.base->tex);
    }
    const Place& last = places_[i];
    if (last.base && (!last.above.empty() || !last.below.empty())) {  // nothing is raised from these
      const SymbolKind kind = last.base->symbol;
      if (kind == SymbolKind::kRelation || kind == SymbolKind::kPunctuation || last.base->code == '.') return false;
    }
    return append_script(last.below, '_') && append_script(last.above, '^');
  }

  /// Upright words that are no function: one letter is a symbol, the rest is text.
  void append_words(std::size_t& i) {
    std::string text = places_[i].base->tex;
    float right = places_[i].base->box.x1;
    const float first = places_[i].base->box.x0;
    const auto bare = [&](std::size_t p) { return places_[p].above.empty() && places_[p].below.empty(); };
    const std::size_t begin = i;
    while (i + 1 < places_.size() && bare(i) && places_[i + 1].base &&
           places_[i + 1].base->kind == Atom::Kind::kRoman) {
      const Atom& next = *places_[++i].base;
      if (next.box.x0 - right > 0.15f * size_) text += ' ';
      text += next.tex;
      right = next.box.x1;
    }
    if (text.size() == 1) return append_tex(out_, "\\mathrm{" + text + "}");
    const Atom* before = begin > 0 ? places_[begin - 1].base : nullptr;
    const Atom* after = i + 1 < places_.size() ? places_[i + 1].base : nullptr;
    const bool apart_before = before && first - before->box.x1 > 0.25f * size_;
    const bool apart_after = after && after->box.x0 - right > 0.2f * size_ && bare(i);
    append_tex(out_, tex_text((apart_before ? " " : "") + text + (apart_after ? " " : "")));
  }

  bool append_script(const Atoms& script, char mark) {
    if (script.empty()) return true;
    const bool primes =
        mark == '^' && std::all_of(script.begin(), script.end(), [](const Atom& a) { return a.code == 0x2032; });
    if (primes) {
      out_.append(script.size(), '\'');
      return true;
    }
    Atoms rest = script;
    const auto parsed = parse_formula(std::move(rest), depth_ + 1);
    if (!parsed) return false;
    out_ += mark;
    out_ += parsed->tex.size() == 1 ? parsed->tex : "{" + parsed->tex + "}";
    return true;
  }

  const Atoms& atoms_;
  const int depth_;
  float size_ = 0, baseline_ = 0;
  std::vector<Place> places_;
  std::vector<char> matched_;  // 1: opens a pair, 2: closes it
  std::string out_;
};

}  // namespace

std::optional<ParsedFormula> parse_formula_line(Atoms atoms, int depth) {
  if (atoms.empty()) return std::nullopt;
  std::stable_sort(atoms.begin(), atoms.end(), [](const Atom& a, const Atom& b) { return a.box.x0 < b.box.x0; });
  return LineParser(atoms, depth).parse();
}

}  // namespace millpond::extract::pdf
