#include "extract/pdf/formula_inline.h"

#include <algorithm>
#include <cmath>

#include "extract/pdf/characters.h"
#include "extract/pdf/formula_tree.h"
#include "millpond/extract/captions.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kGluedEm = 0.13f, kSpacedEm = 0.6f, kCommaEm = 0.4f, kScriptGapEm = 0.3f;

enum class Part : char { kText, kNeutral, kFormula };

bool ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char32_t c) { return c >= '0' && c <= '9'; }

Part part_of(const FormulaGlyph& glyph, bool function) {
  if (is_formula_font(glyph.alphabet)) return is_text_symbol(glyph.code) ? Part::kNeutral : Part::kFormula;
  if (function || digit(glyph.code)) return Part::kNeutral;
  if (glyph.alphabet == Alphabet::kMono) return Part::kText;
  switch (formula_symbol(glyph.code).kind) {
    case SymbolKind::kBinary:
    case SymbolKind::kRelation:
    case SymbolKind::kOpen:
    case SymbolKind::kClose:
    case SymbolKind::kAccent:
    case SymbolKind::kPunctuation: return Part::kNeutral;
    default:
      return glyph.code == '.' || glyph.code == '!' || glyph.code == '/' || glyph.code == '|' || glyph.code == 0xAF ||
                     (glyph.code >= 0x393 && glyph.code <= 0x3A9)
                 ? Part::kNeutral
                 : Part::kText;
  }
}

/// Finds and writes the formulas of one line.
class LineFormulas {
 public:
  LineFormulas(const Page& page, const std::vector<Box>& avoid, Line& line) : page_(page), avoid_(avoid), line_(line) {
    const std::vector<char> prose = prose_letters(page, line);
    for (std::size_t i = 0; i < line.glyphs.size(); ++i) {
      const FormulaGlyph& glyph = at(i);
      const bool function = ascii_letter(glyph.code) && !is_formula_font(glyph.alphabet) && !prose[i] && in_function(i);
      parts_.push_back(part_of(glyph, function));
    }
    const CaptionLabel label = caption_label(line.text);  // its number is none of a formula
    for (std::size_t i = 0; i < parts_.size() && label.closed; ++i) {
      if (line.glyphs[i].offset < label.end) parts_[i] = Part::kText;
    }
    mark_digits_at_bars();
  }

  void write() {
    for (std::size_t end = parts_.size(); end > 0;) {  // from the right: offsets before stay
      const std::size_t last = end - 1;
      if (parts_[last] != Part::kFormula) {
        --end;
        continue;
      }
      std::size_t from = last, to = last + 1;
      while (from > 0 && parts_[from - 1] != Part::kText && connected(from - 1, from)) --from;
      while (to < limit_ && to < parts_.size() && parts_[to] != Part::kText && connected(to - 1, to)) ++to;
      const std::size_t next = from;
      trim(from, to);
      if (from < to && is_formula(from, to) && replace(from, to)) limit_ = from;
      end = std::min(next, last);
    }
  }

 private:
  const FormulaGlyph& at(std::size_t i) const { return page_.glyphs[line_.glyphs[i].glyph]; }

  /// Digits of a fraction that has no letters.
  void mark_digits_at_bars() {
    std::vector<FormulaGlyph> all;
    for (std::size_t i = 0; i < parts_.size(); ++i) all.push_back(at(i)), line_size_ = std::max(line_size_, at(i).size);
    bars_ = bars_near(page_, all);
    for (const Ruling& bar : bars_) {
      for (std::size_t i = 0; i < parts_.size(); ++i) {
        const float middle = (at(i).box.x0 + at(i).box.x1) / 2, em = at(i).size;
        const float apart = std::min(std::abs(bar.at - at(i).box.y1), std::abs(bar.at - at(i).box.y0));
        if (digit(at(i).code) && em < 0.87f * line_size_ && middle > bar.from && middle < bar.to && apart < 0.5f * em)
          parts_[i] = Part::kFormula;
      }
    }
  }

  /// Whether a bracket is open at `i`, in what may be a formula.
  bool in_brackets(std::size_t i) const {
    int depth = 0;
    for (std::size_t k = i + 1; k-- > 0 && parts_[k] != Part::kText && i - k < 60;) {
      const SymbolKind kind = formula_symbol(at(k).code).kind;
      depth += kind == SymbolKind::kOpen ? 1 : kind == SymbolKind::kClose ? -1 : 0;
      if (depth > 0) return true;
    }
    return false;
  }

  bool in_function(std::size_t i) const {
    std::size_t from = i, to = i + 1;
    while (from > 0 && same_word(from - 1, from)) --from;
    while (to < line_.glyphs.size() && same_word(to - 1, to)) ++to;
    return to - from > 1;
  }
  bool same_word(std::size_t a, std::size_t b) const {
    return ascii_letter(at(a).code) && ascii_letter(at(b).code) && line_.glyphs[b].offset == line_.glyphs[a].offset + 1;
  }

  /// An accent or a stroke: it comes after what it belongs to.
  bool rides(std::size_t i) const {
    return (at(i).code == 0x338 || formula_symbol(at(i).code).kind == SymbolKind::kAccent) &&
           line_.glyphs[i].offset == line_.glyphs[i - 1].offset;
  }

  /// Where the scripts end that `a` is the last of, before type of this size.
  float right_of(std::size_t a, float size) const {
    float right = at(a).box.x1;
    for (std::size_t k = a; at(k).size < 0.87f * size && k > 0 && a - k < 40 && parts_[k - 1] != Part::kText; --k)
      right = std::max(right, at(k - 1).box.x1);
    return right;
  }
  /// Whether a bar begins right after `x` that `y` stands above or below.
  bool under_bar(float x, const FormulaGlyph& y) const {
    return std::any_of(bars_.begin(), bars_.end(), [&](const Ruling& bar) {
      return bar.from > x - 0.1f * y.size && bar.from < x + y.size && bar.to > y.box.x1 - 0.2f * y.size;
    });
  }

  bool connected(std::size_t a, std::size_t b) const {
    while (a > 0 && rides(a)) --a;
    const FormulaGlyph &x = at(a), &y = at(b);
    const float em = std::max(x.size, y.size), gap = y.box.x0 - right_of(a, y.size);
    if (gap >= 0 && x.size >= 0.87f * em && y.size < 0.87f * line_size_ && under_bar(x.box.x1, y)) return true;
    if (x.size < 0.87f * line_size_ && y.size < 0.87f * line_size_ && under_bar(right_of(a, line_size_), y))
      return true;
    if (gap < -4 * em || std::abs(x.baseline - y.baseline) > 1.5f * em) return false;
    const bool script = std::min(x.size, y.size) < 0.87f * em || x.baseline != y.baseline;
    const std::size_t from = line_.glyphs[a].offset, to = line_.glyphs[b].offset;
    const bool spaced =
        to > from && std::string_view(line_.text).substr(from, to - from).find(' ') != std::string::npos;
    if (gap < (!spaced || script ? kScriptGapEm : kGluedEm) * em) return true;
    const auto brackets = [](const FormulaGlyph& g) {
      const SymbolKind kind = formula_symbol(g.code).kind;
      return is_formula_font(g.alphabet) && (kind == SymbolKind::kOpen || kind == SymbolKind::kClose);
    };
    if ((brackets(x) || brackets(y)) && gap < kCommaEm * em) return true;
    const auto operates = [](const FormulaGlyph& g) {
      const SymbolKind kind = formula_symbol(g.code).kind;
      if (g.code == '|' && is_formula_font(g.alphabet)) return true;
      return kind == SymbolKind::kBinary || kind == SymbolKind::kRelation || kind == SymbolKind::kOperator;
    };
    if (operates(x) || operates(y)) return gap < kSpacedEm * em;
    if (is_formula_font(x.alphabet) && (x.code == ',' || x.code == '.' || x.code == 0x2026)) return gap < kCommaEm * em;
    if ((x.code == ',' || x.code == ';') && gap < kCommaEm * em && in_brackets(a)) return true;
    const bool function = (ascii_letter(x.code) && !is_formula_font(x.alphabet) && parts_[a] == Part::kNeutral) ||
                          (ascii_letter(y.code) && !is_formula_font(y.alphabet) && parts_[b] == Part::kNeutral);
    return function && gap < kScriptGapEm * em;
  }

  /// Punctuation and lone brackets at the ends belong to the sentence.
  void trim(std::size_t& from, std::size_t& to) const {
    const auto ends = [&](std::size_t i) {
      const char32_t c = at(i).code;
      return c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '-' || c == 0x2013 || c == '/' ||
             c == '*';
    };
    for (bool more = true; more && from < to;) {
      int depth = 0, lowest = 0;
      for (std::size_t i = from; i < to; ++i) {
        const SymbolKind kind = formula_symbol(at(i).code).kind;
        depth += kind == SymbolKind::kOpen ? 1 : kind == SymbolKind::kClose ? -1 : 0;
        lowest = std::min(lowest, depth);
      }
      const SymbolKind first = formula_symbol(at(from).code).kind, last = formula_symbol(at(to - 1).code).kind;
      more = true;
      if ((ends(to - 1) && at(to - 1).code != '!') || (last == SymbolKind::kClose && lowest < 0) ||
          (last == SymbolKind::kOpen))
        --to;
      else if ((ends(from) && at(from).code != '-') || (first == SymbolKind::kOpen && depth > 0) ||
               (first == SymbolKind::kClose))
        ++from;
      else
        more = false;
    }
  }

  bool is_formula(std::size_t from, std::size_t to) const {
    bool named = false, formula = false;
    for (std::size_t i = from; i < to; ++i) {
      const FormulaGlyph& glyph = at(i);
      const FormulaSymbol symbol = formula_symbol(glyph.code);
      formula = formula || parts_[i] == Part::kFormula;
      named = named || digit(glyph.code) || (ascii_letter(glyph.code) && parts_[i] == Part::kFormula) ||
              styled_letter(glyph.code).plain != 0 || glyph.code == 0x221E || glyph.code == 0x2205 ||
              (glyph.code >= 0x393 && glyph.code <= 0x3F5 && symbol.kind == SymbolKind::kOrdinary);
    }
    return formula && named;
  }

  /// Whether something at the bars does not belong to the glyphs: a numerator, the sign of a root.
  bool reach_out(const std::vector<Ruling>& bars, std::size_t from, std::size_t to) const {
    for (const Ruling& bar : bars) {
      for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (i >= from && i < to) continue;
        const FormulaGlyph& g = at(i);
        const float middle = (g.box.x0 + g.box.x1) / 2;
        if (middle > bar.from && middle < bar.to) return true;
        if (g.code == 0x221A && std::abs(g.box.x1 - bar.from) < 0.3f * g.size) return true;
      }
    }
    return false;
  }

  bool replace(std::size_t from, std::size_t to) {
    std::vector<FormulaGlyph> glyphs;
    Box box = at(from).box;
    for (std::size_t i = from; i < to; ++i) {
      if (i > from && line_.glyphs[i].offset < line_.glyphs[i - 1].offset) return false;
      glyphs.push_back(at(i));
      box = hull(box, at(i).box);
    }
    const float slack = 0.35f * at(from).size;
    for (const Box& b : avoid_) {
      if (b.x0 < box.x1 + slack && b.x1 > box.x0 - slack && b.y0 < box.y1 && b.y1 > box.y0) return false;
    }
    const std::vector<Ruling> bars = bars_near(page_, glyphs);
    if (reach_out(bars, from, to)) return false;
    const auto tex = formula_tex(glyphs, bars);
    if (!tex) return false;
    const std::size_t begin = line_.glyphs[from].offset;
    std::size_t end = to < line_.glyphs.size() ? line_.glyphs[to].offset : line_.text.size();
    if (end < begin || end > line_.text.size()) return false;
    while (end > begin && line_.text[end - 1] == ' ') --end;
    const std::string written = "$" + *tex + "$";
    line_.text.replace(begin, end - begin, written);
    for (Cell& cell : line_.cells) {
      if (cell.begin >= end) cell.begin = cell.begin - end + begin + written.size();
    }
    return true;
  }

  const Page& page_;
  const std::vector<Box>& avoid_;
  Line& line_;
  std::vector<Part> parts_;
  std::vector<Ruling> bars_;
  float line_size_ = 0;
  std::size_t limit_ = SIZE_MAX;  // what follows is written already
};

}  // namespace

bool is_text_symbol(char32_t c) {
  switch (c) {
    case 0x2022:
    case 0xB7:
    case 0x2217:
    case '*':
    case 0x2020:
    case 0x2021:
    case 0xA7:
    case 0xB6:
    case 0x25A1:
    case 0x25A0:
    case 0x25B7:
    case 0x2713:
    case 0x25EF:
    case 0x20DD:
    case '|':
    case '{':
    case '}':
    case '\\':
    case '<':
    case '>':
    case ',':
    case '.':
    case '/': return true;
    default: return false;
  }
}

std::vector<char> prose_letters(const Page& page, const Line& line) {
  std::vector<char> prose(line.glyphs.size());
  for (std::size_t i = 0; i < line.glyphs.size();) {
    std::string word;
    std::size_t end = i;
    bool foreign = false;
    for (; end < line.glyphs.size(); ++end) {
      const FormulaGlyph& glyph = page.glyphs[line.glyphs[end].glyph];
      if (is_formula_font(glyph.alphabet) && glyph.alphabet != Alphabet::kUnicode) break;
      if (end > i && line.glyphs[end].offset != line.glyphs[end - 1].offset + (word.empty() ? 0 : 1) && !foreign) break;
      if (end > i && foreign && line.glyphs[end].offset > line.glyphs[end - 1].offset + 3) break;
      if (ascii_letter(glyph.code)) {
        word += static_cast<char>(glyph.code);
      } else if (glyph.code >= 0xC0 && is_letter(glyph.code) && !(glyph.code >= 0x370 && glyph.code < 0x400) &&
                 styled_letter(glyph.code).plain == 0) {
        foreign = true;
        word += '?';
      } else {
        break;
      }
    }
    if (end == i) {
      ++i;
      continue;
    }
    bool limits = false;
    const bool function = !foreign && !function_command(word, limits).empty();
    const bool single = word.size() == 1 && !foreign && word != "a" && word != "A" && word != "I";
    for (std::size_t k = i; k < end; ++k) prose[k] = !function && !single;
    i = end;
  }
  return prose;
}

std::vector<Ruling> bars_near(const Page& page, const std::vector<FormulaGlyph>& glyphs) {
  if (glyphs.empty()) return {};
  Box box = glyphs.front().box;
  float em = 0;
  for (const FormulaGlyph& glyph : glyphs) box = hull(box, glyph.box), em = std::max(em, glyph.size);
  const std::vector<Ruling>& bars = page.rulings.bars;
  std::vector<Ruling> near;
  auto bar =
      std::lower_bound(bars.begin(), bars.end(), box.y0 - 0.3f * em, [](const Ruling& b, float y) { return b.at < y; });
  for (; bar != bars.end() && bar->at < box.y1 + 0.3f * em; ++bar) {
    if (bar->from > box.x0 - 0.5f * em && bar->to < box.x1 + 0.5f * em) near.push_back(*bar);
  }
  return near;
}

void write_inline_formulas(const Page& page, const std::vector<Box>& avoid, Line& line) {
  LineFormulas(page, avoid, line).write();
}

}  // namespace millpond::extract::pdf
