#include "extract/pdf/formula_lines.h"

#include <algorithm>

#include "extract/pdf/blocks.h"
#include "extract/pdf/characters.h"
#include "extract/pdf/formula_inline.h"
#include "extract/pdf/formula_tree.h"
#include "millpond/extract/captions.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kIndentEm = 0.8f;        // displayed formulas do not begin at the column's edge
constexpr float kRowGapEm = 1.0f;        // lines of one formula are closer
constexpr float kProseShareMax = 0.6f;   // of the glyphs of a line of a formula: names of more than a letter
constexpr float kProseShareLow = 0.12f;  // with more words than that it must stand in the middle
constexpr float kCentreEm = 1.5f;
constexpr int kProseMax = 24;  // letters of words in a line of a formula
constexpr float kNumberGapEm = 1.0f;

/// What a line is made of.
struct Content {
  int formula = 0, prose = 0, all = 0;
};

Content content_of(const Page& page, const Line& line) {
  Content content;
  const std::vector<char> words = prose_letters(page, line);
  for (std::size_t i = 0; i < line.glyphs.size(); ++i) {
    const FormulaGlyph& glyph = page.glyphs[line.glyphs[i].glyph];
    ++content.all;
    content.prose += words[i];
    content.formula += is_formula_font(glyph.alphabet) && !is_text_symbol(glyph.code);
  }
  return content;
}

/// Numbers at the right edge, such as "(2.1)": takes them out of the glyphs.
std::vector<std::string> take_numbers(std::vector<FormulaGlyph>& glyphs) {
  std::vector<std::string> numbers;
  const auto right_of = [](const FormulaGlyph& a, const FormulaGlyph& b) { return a.box.x1 < b.box.x1; };
  while (!glyphs.empty()) {
    const auto last = std::max_element(glyphs.begin(), glyphs.end(), right_of);
    if (last->code != ')' || is_formula_font(last->alphabet)) break;
    const FormulaGlyph close = *last;
    std::vector<std::size_t> line;
    for (std::size_t i = 0; i < glyphs.size(); ++i) {
      if (std::abs(glyphs[i].baseline - close.baseline) < 0.05f * close.size && !is_formula_font(glyphs[i].alphabet))
        line.push_back(i);
    }
    std::sort(line.begin(), line.end(), [&](auto a, auto b) { return glyphs[a].box.x0 > glyphs[b].box.x0; });
    std::string text;
    std::size_t count = 0;
    while (count < line.size() && glyphs[line[count]].code != '(' && count < 12) ++count;
    if (count == line.size() || count < 2 || glyphs[line[count]].code != '(') break;
    for (std::size_t i = count; i-- > 1;) {
      const char32_t code = glyphs[line[i]].code;
      const bool usual = (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
                         code == '.' || code == '-' || code == '*';
      if (!usual) return numbers;
      text += static_cast<char>(code);
    }
    const float left = glyphs[line[count]].box.x0;
    std::vector<char> part(glyphs.size());
    for (std::size_t i = 0; i <= count; ++i) part[line[i]] = 1;
    bool apart = true;
    for (std::size_t i = 0; i < glyphs.size(); ++i) {
      const bool level = std::abs(glyphs[i].baseline - close.baseline) < 2 * close.size;
      apart = apart && (part[i] || !level || glyphs[i].box.x1 < left - kNumberGapEm * close.size);
    }
    if (!apart) break;
    std::vector<FormulaGlyph> rest;
    for (std::size_t i = 0; i < glyphs.size(); ++i) {
      if (!part[i]) rest.push_back(glyphs[i]);
    }
    glyphs = std::move(rest);
    numbers.insert(numbers.begin(), text);
  }
  return numbers;
}

/// Finds the displayed formulas of a column, and then those within its lines.
class ColumnFormulas {
 public:
  ColumnFormulas(const Page& page, Column& column) : page_(page), column_(column) {}

  void read() {
    SizeVote size;
    right_ = -1e9f, left_ = 1e9f;
    for (const Line& line : column_.lines) {
      contents_.push_back(content_of(page_, line));
      if (line.glyphs.empty()) {
        part_.push_back(false);
        continue;
      }
      size.vote(line.style.size, line.chars);
      part_.push_back(may_be_part(contents_.size() - 1));
      if (part_.back()) continue;
      left_ = std::min(left_, line.box.x0);
      right_ = std::max(right_, line.box.x1);
    }
    size_ = size.winner;
    add_words_beside();
    std::vector<Line> out;
    for (std::size_t i = 0; i < column_.lines.size();) {
      std::size_t end = i;
      float bottom = 0;
      while (end < column_.lines.size() && part_[end] &&
             (end == i || column_.lines[end].box.y0 - bottom < kRowGapEm * size_)) {
        bottom = std::max(end == i ? -1e9f : bottom, column_.lines[end].box.y1);
        ++end;
      }
      if (end == i) {
        out.push_back(std::move(column_.lines[i++]));
        continue;
      }
      std::optional<Line> shown;
      if (is_displayed(i, end, out)) shown = display(i, end);
      if (shown) {
        out.push_back(*std::move(shown));
      } else {
        for (std::size_t k = i; k < end; ++k) {
          for (const LineGlyph& g : column_.lines[k].glyphs) stray_.push_back({&page_.glyphs[g.glyph], out.size()});
          out.push_back(std::move(column_.lines[k]));
        }
      }
      i = end;
    }
    column_.lines = std::move(out);
    for (std::size_t i = 0; i < column_.lines.size(); ++i) within(i);
  }

 private:
  struct Stray {
    const FormulaGlyph* glyph;
    std::size_t line;
  };

  /// Words that stand at the height of a formula belong to it: "otherwise", "def" above an equals sign.
  void add_words_beside() {
    for (std::size_t i = 0; i < column_.lines.size(); ++i) {
      const Line& line = column_.lines[i];
      if (part_[i] || line.glyphs.empty() || line.leader || line.table >= 0) continue;
      if (line.box.x0 < left_ + kIndentEm * size_ || line.box.x1 - line.box.x0 > 0.6f * (right_ - left_)) continue;
      for (std::size_t k = i - std::min<std::size_t>(i, 2); k < std::min(i + 3, column_.lines.size()) && !part_[i];
           ++k) {
        const Line& other = column_.lines[k];
        if (k == i || !part_[k] || contents_[k].formula == 0) continue;
        const float shared = std::min(line.box.y1, other.box.y1) - std::max(line.box.y0, other.box.y0);
        part_[i] = shared > 0.3f * (line.box.y1 - line.box.y0);
      }
    }
  }

  /// Whether the line may be one of a displayed formula.
  bool may_be_part(std::size_t i) const {
    const Content& c = contents_[i];
    const Line& line = column_.lines[i];
    if (c.all == 0 || line.leader || line.table >= 0) return false;
    if (caption_label(line.text).closed) return false;  // "Figure 3: f(x) = x"
    return static_cast<float>(c.prose) <= kProseShareMax * static_cast<float>(c.all);
  }

  bool is_displayed(std::size_t begin, std::size_t end, const std::vector<Line>& before) const {
    float x0 = 1e9f, y0 = 1e9f, y1 = -1e9f;
    float x1 = -1e9f;
    Content sum;
    for (std::size_t i = begin; i < end; ++i) {
      const Box& box = column_.lines[i].box;
      x1 = std::max(x1, box.x1);
      x0 = std::min(x0, box.x0), y0 = std::min(y0, box.y0), y1 = std::max(y1, box.y1);
      sum.formula += contents_[i].formula;
      sum.prose += contents_[i].prose;
      sum.all += contents_[i].all;
    }
    if (!says_something(begin, end)) return false;
    if (sum.formula == 0 && (sum.prose > 0 || !has_bar({x0, y0, x1, y1}))) return false;
    if (left_ > right_) return sum.prose == 0;  // no text at all
    if (x0 < left_ + kIndentEm * size_) return false;
    // Items of lists, and sentences that are formulas for the most part.
    const std::string& text = column_.lines[begin].text;
    if (number_length(text) > 0 || begins_with_word(begin) || sum.prose > kProseMax * static_cast<int>(end - begin))
      return false;
    const bool wordy = static_cast<float>(sum.prose) > kProseShareLow * static_cast<float>(sum.all);
    if (wordy && std::abs((x0 + x1) - (left_ + right_)) / 2 > kCentreEm * size_) return false;
    const auto beside = [&](const Line& line) {
      const float shared = std::min(y1, line.baseline) - std::max(y0, line.baseline - 0.7f * line.style.size);
      return !line.formula && shared > 0.4f * line.style.size;
    };
    if (!before.empty()) {
      const Line& last = before.back();
      const bool goes_on = std::abs(last.box.x0 - x0) < 0.3f * size_ && last.box.x1 > right_ - 3 * size_;
      if (!last.formula && (goes_on || beside(last))) return false;
    }
    return end == column_.lines.size() || !beside(column_.lines[end]);
  }

  /// A word and a blank; not "Var(X)".
  bool begins_with_word(std::size_t i) const {
    const std::vector<char> prose = prose_letters(page_, column_.lines[i]);
    const std::string& text = column_.lines[i].text;
    std::size_t end = 0;
    while (end < prose.size() && prose[end]) ++end;
    return end > 1 && end < text.size() && text[end] == ' ';
  }

  /// Numbers alone and single letters are the labels of a drawing.
  bool says_something(std::size_t begin, std::size_t end) const {
    int glyphs = 0;
    bool named = false, symbol = false;
    float least = 1e9f, most = 0;
    for (std::size_t i = begin; i < end; ++i) {
      for (const LineGlyph& g : column_.lines[i].glyphs) {
        const FormulaGlyph& glyph = page_.glyphs[g.glyph];
        const SymbolKind kind = formula_symbol(glyph.code).kind;
        const bool letter = glyph.code >= 'A' && is_letter(glyph.code);
        named = named || letter || kind == SymbolKind::kRelation || kind == SymbolKind::kOperator;
        named =
            named || kind == SymbolKind::kOpen || kind == SymbolKind::kClose || glyph.alphabet == Alphabet::kExtension;
        symbol = symbol || (!letter && kind != SymbolKind::kBinary && kind != SymbolKind::kUnknown);
        least = std::min(least, glyph.size), most = std::max(most, glyph.size);
        ++glyphs;
      }
    }
    if (glyphs == 1) return symbol;
    if (named || symbol || least < 0.87f * most) return true;
    const Line &first = column_.lines[begin], &last = column_.lines[end - 1];
    return has_bar(hull(first.box, last.box));
  }

  bool has_bar(const Box& box) const {
    return std::any_of(page_.rulings.bars.begin(), page_.rulings.bars.end(), [&](const Ruling& bar) {
      return bar.at > box.y0 && bar.at < box.y1 && bar.from > box.x0 - 3 && bar.to < box.x1 + 3;
    });
  }

  std::optional<Line> display(std::size_t begin, std::size_t end) const {
    std::vector<FormulaGlyph> glyphs;
    Line line = column_.lines[begin];
    line.chars = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const Line& part = column_.lines[i];
      for (const LineGlyph& g : part.glyphs) glyphs.push_back(page_.glyphs[g.glyph]);
      line.box = hull(line.box, part.box);
      line.chars += part.chars;
      if (part.style.size > line.style.size) line.style = part.style, line.baseline = part.baseline;
    }
    const std::vector<std::string> numbers = take_numbers(glyphs);
    const auto tex = formula_tex(glyphs, bars_near(page_, glyphs));
    if (!tex) return std::nullopt;
    line.text = *tex;
    std::string tag;
    for (const std::string& number : numbers) tag += (tag.empty() ? "" : ", ") + number;
    if (!tag.empty()) line.text += "\\tag{" + tag + "}";
    line.cells = {{0, line.box.x0, line.box.x1}};
    line.glyphs.clear();
    line.style.bold = line.style.mono = false;
    line.code = false;
    line.formula = true;
    return line;
  }

  void within(std::size_t i) {
    Line& line = column_.lines[i];
    if (line.formula || line.glyphs.empty() || line.style.bold || line.style.size > 1.12f * size_) return;
    std::vector<Box> avoid;
    for (const Stray& stray : stray_) {
      if (stray.line != i) avoid.push_back(stray.glyph->box);
    }
    write_inline_formulas(page_, avoid, line);
  }

  const Page& page_;
  Column& column_;
  float left_ = 0, right_ = 0, size_ = 0;
  std::vector<Content> contents_;
  std::vector<char> part_;    // may be one of a displayed formula
  std::vector<Stray> stray_;  // glyphs beside lines: what they belong to is not certain
};

}  // namespace

void read_formulas(const Page& page, Column& column) {
  const bool any = std::any_of(column.lines.begin(), column.lines.end(), [&](const Line& line) {
    return std::any_of(line.glyphs.begin(), line.glyphs.end(),
                       [&](const LineGlyph& g) { return is_formula_font(page.glyphs[g.glyph].alphabet); });
  });
  if (any) ColumnFormulas(page, column).read();
}

}  // namespace millpond::extract::pdf
