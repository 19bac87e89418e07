#include "extract/pdf/lines.h"

#include <algorithm>
#include <cmath>

#include "extract/pdf/characters.h"
#include "extract/pdf/columns.h"
#include "extract/pdf/formula_lines.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kCellGapEm = 1.5f;
constexpr float kWordGapEm = 0.1f;
constexpr float kStreamGapEm = 12;
constexpr int kLeaderDots = 4;

Box around(const Box& a, const Box& b) {
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

/// Replaces rows of dots by one ellipsis; says whether there was one.
bool fold_leaders(std::string& text) {
  bool found = false;
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    int dots = 0;
    while (end < text.size() && (text[end] == '.' || (text[end] == ' ' && dots > 0))) dots += text[end++] == '.';
    if (dots < kLeaderDots) {
      out.append(text, i, std::max<std::size_t>(1, end - i));
      i = std::max(i + 1, end);
      continue;
    }
    found = true;
    if (!out.empty() && out.back() != ' ') out += ' ';
    out += "…";
    if (end < text.size()) out += ' ';
    i = end;
  }
  if (found) text = std::move(out);
  return found;
}

/// Gathers the runs of one line.
struct OpenLine {
  float baseline = 0, size = 0;
  std::vector<const Run*> runs;

  bool takes(const Run& run) const {
    const float top = std::max(baseline - 0.6f * size, run.baseline - 0.6f * run.size);
    const float bottom = std::min(baseline, run.baseline);
    return bottom - top >= 0.5f * 0.6f * std::min(size, run.size);
  }
  void add(const Run& run) {
    if (run.size > size * 1.01f || runs.empty()) baseline = run.baseline, size = run.size;
    runs.push_back(&run);
  }
};

bool reads_right_to_left(const OpenLine& open) {
  int rtl = 0, total = 0;
  for (const Run* run : open.runs) {
    total += run->chars;
    if (is_rtl(first_code(run->text)) || is_rtl(last_code(run->text))) rtl += run->chars;
  }
  return rtl * 2 > total;
}

/// A run, or a part of one between words.
struct Piece {
  const Run* run;
  std::size_t begin, end;
  float x0, x1;
};

/// The runs of a line from left to right. A run that begins inside another (an accent or a quote that was set later)
/// goes between the words of that one.
std::vector<Piece> pieces_of(const OpenLine& open) {
  std::vector<Piece> pieces;
  for (const Run* run : open.runs) pieces.push_back({run, 0, run->text.size(), run->box.x0, run->box.x1});
  const auto by_x = [](const Piece& a, const Piece& b) { return a.x0 < b.x0; };
  std::stable_sort(pieces.begin(), pieces.end(), by_x);
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    const float x = pieces[i + 1].x0;
    if (x >= pieces[i].x1) continue;
    for (const WordStart& word : pieces[i].run->words) {
      if (word.offset <= pieces[i].begin || word.offset >= pieces[i].end || word.x0 < x) continue;
      Piece rest = pieces[i];
      rest.begin = word.offset;
      rest.x0 = word.x0;
      pieces[i].end = word.offset - 1;
      // The space that was there stood before the inserted piece, unless a gap after it says otherwise.
      const float em = pieces[i].run->size;
      pieces[i].x1 = word.x0 - pieces[i + 1].x1 > kWordGapEm * em ? x : x - em;
      pieces.insert(std::upper_bound(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1, pieces.end(), rest, by_x),
                    rest);
      break;
    }
  }
  return pieces;
}

/// The style that the characters of a line share.
Style style_of(const OpenLine& open, int chars) {
  int mono = 0, italic = 0, bold = 0;
  SizeVote size;
  for (const Run* run : open.runs) {
    size.vote(run->size, run->chars);
    mono += run->mono_chars;
    italic += run->italic_chars;
    bold += run->bold_chars;
  }
  return {size.winner, 20 * bold >= 19 * chars, 2 * italic > chars, 10 * mono > 9 * chars};
}

void append_glyphs(const Page& page, const Piece& piece, Line& line) {
  for (std::uint32_t g = piece.run->glyphs_begin; g < piece.run->glyphs_end; ++g) {
    const std::size_t offset = page.glyphs[g].offset;
    const bool tail = offset == piece.end && offset == piece.run->text.size();  // it has no text
    if (offset < piece.begin || (offset >= piece.end && !tail)) continue;
    line.glyphs.push_back({g, static_cast<std::uint32_t>(line.text.size() + offset - piece.begin)});
  }
}

void append_piece(const Page& page, Line& line, const Piece& piece, float gap) {
  const float em = std::max(piece.run->size, 1.0f);
  const bool first = line.cells.empty();
  const std::string_view text = std::string_view(piece.run->text).substr(piece.begin, piece.end - piece.begin);
  if (!first && gap > kWordGapEm * em && !text.empty()) line.text += ' ';
  if (first || gap > kCellGapEm * em) line.cells.push_back({line.text.size(), piece.x0, piece.x1});
  line.cells.back().x0 = std::min(line.cells.back().x0, piece.x0);
  line.cells.back().x1 = std::max(line.cells.back().x1, piece.x1);
  append_glyphs(page, piece, line);
  line.text += text;
}

/// The dots of a matrix are no leader.
bool has_dots_of_formula(const Page& page, const Line& line) {
  constexpr std::ptrdiff_t kDotsMax = 12;
  return std::any_of(line.glyphs.begin(), line.glyphs.end(),
                     [&](const LineGlyph& g) { return is_formula_font(page.glyphs[g.glyph].alphabet); }) &&
         std::count(line.text.begin(), line.text.end(), '.') <= kDotsMax;
}

Line close(const Page& page, OpenLine& open, bool fold_dots) {
  Line line;
  line.baseline = open.baseline;
  line.box = open.runs.front()->box;
  for (const Run* run : open.runs) {
    line.box = around(line.box, run->box);
    line.chars += run->chars;
  }
  std::vector<Piece> pieces = pieces_of(open);
  const bool rtl = reads_right_to_left(open);
  if (rtl) std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.x1 > b.x1; });
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const float gap = i == 0 ? 0 : rtl ? pieces[i - 1].x0 - pieces[i].x1 : pieces[i].x0 - pieces[i - 1].x1;
    append_piece(page, line, pieces[i], gap);
  }
  line.style = style_of(open, line.chars);
  line.table = open.runs.front()->table;
  const std::size_t space = line.text.find(' ');
  const float share = space == std::string::npos ? 1 : static_cast<float>(space) / static_cast<float>(line.text.size());
  line.first_word_width = share * (line.box.x1 - line.box.x0);
  const bool dots = line.text.find("..") != std::string::npos || line.text.find(". . .") != std::string::npos;
  if (!line.style.mono && dots && !has_dots_of_formula(page, line)) {
    std::string folded = line.text;
    line.leader = fold_leaders(folded);
    if (fold_dots) line.text = std::move(folded);
  }
  if (line.leader) line.cells.resize(1);
  if (line.leader || rtl) line.glyphs.clear();
  return line;
}

/// The right edge that the text keeps to: a few longer lines do not count.
float right_edge(const std::vector<Line>& lines) {
  std::vector<float> ends;
  for (const Line& line : lines) ends.push_back(line.box.x1);
  const std::size_t at = ends.size() * 15 / 100;
  std::nth_element(ends.begin(), ends.begin() + static_cast<std::ptrdiff_t>(at), ends.end(), std::greater<>());
  return ends[at];
}

/// The smallest baseline distance that is common among neighbouring lines of a size.
float pitch_of(const std::vector<Line>& lines, float size) {
  constexpr int kSlots = 60;
  constexpr float kSlotEm = 0.05f;
  int counts[kSlots + 2] = {};
  int pairs = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const float distance = (lines[i].baseline - lines[i - 1].baseline) / std::max(size, 1.0f);
    const float other = std::max(std::abs(size - lines[i].style.size), std::abs(size - lines[i - 1].style.size));
    if (other > 0.05f * size || distance < 0.8f || distance >= 2.5f) continue;
    ++counts[static_cast<int>(distance / kSlotEm)];
    ++pairs;
  }
  for (int slot = 0; slot < kSlots && pairs >= 4; ++slot) {
    const int here = counts[slot] + counts[slot + 1];
    if (here >= 3 && here * 5 >= pairs) return kSlotEm * static_cast<float>(slot + 1);
  }
  return 1.25f;
}

/// Marks lines in monospaced type as code, unless they go on with the sentence of the line before (a long address, a
/// file name).
void mark_code(Column& column) {
  for (std::size_t i = 0; i < column.lines.size(); ++i) {
    Line& line = column.lines[i];
    line.code = line.style.mono;
    if (!line.code || i == 0 || column.lines[i - 1].code) continue;
    const Line& before = column.lines[i - 1];
    const bool full = before.box.x1 + 0.3f * line.style.size + line.first_word_width > column.right - line.style.size;
    const bool close = line.baseline - before.baseline < 1.35f * before.style.size;
    if (full && close && std::abs(line.box.x0 - before.box.x0) < 3 * line.style.size) line.code = false;
  }
}

/// Finds the column's edges, its usual type and pitch.
void measure(Column& column) {
  column.left = column.lines.front().box.x0;
  for (const Line& line : column.lines) column.left = std::min(column.left, line.box.x0);
  column.right = right_edge(column.lines);
  SizeVote size;
  for (const Line& line : column.lines) size.vote(line.style.size, line.chars);
  column.size = size.winner;
  column.pitch_em = pitch_of(column.lines, column.size);
  mark_code(column);
}

/// All upright runs in the order of the content stream; a line goes on as long as they stand side by side.
Column make_stream(const Page& page) {
  Column column;
  OpenLine open;
  const auto end_line = [&] {
    if (!open.runs.empty()) column.lines.push_back(close(page, open, false));
    open = {};
  };
  for (const Run& run : page.runs) {
    if (!run.upright) continue;
    if (!open.runs.empty()) {
      const Run& last = *open.runs.back();
      const bool beside = open.takes(run) && run.box.x0 > last.box.x1 - 0.5f * last.size &&
                          run.box.x0 - last.box.x1 < kStreamGapEm * std::max(run.size, last.size);
      if (!beside) end_line();
    }
    open.add(run);
  }
  end_line();
  if (!column.lines.empty()) measure(column);
  return column;
}

Column make_column(const Page& page, Region region) {
  std::sort(region.begin(), region.end(), [&](auto a, auto b) {
    const Run &x = page.runs[a], &y = page.runs[b];
    return x.baseline != y.baseline ? x.baseline < y.baseline : a < b;
  });
  std::vector<OpenLine> open;
  for (const std::uint32_t r : region) {
    const Run& run = page.runs[r];
    OpenLine* home = nullptr;
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, open.size()) && !home && run.table < 0; ++back) {
      if (open[open.size() - back].runs.front()->table < 0 && open[open.size() - back].takes(run))
        home = &open[open.size() - back];
    }
    if (!home) home = &open.emplace_back();
    home->add(run);
  }
  std::stable_sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.baseline < b.baseline; });
  Column column;
  for (OpenLine& line : open) column.lines.push_back(close(page, line, true));
  if (!page.glyphs.empty()) read_formulas(page, column);
  measure(column);
  return column;
}

}  // namespace

PageLines make_lines(Page& page, bool as_printed) {
  PageLines result;
  if (!as_printed) result.tables = take_ruled_tables(page);
  result.height = page.height;
  result.number = page.number;
  if (as_printed) {
    if (Column column = make_stream(page); !column.lines.empty()) result.columns.push_back(std::move(column));
  } else
    for (Region& region : reading_order(page)) result.columns.push_back(make_column(page, std::move(region)));
  for (const Run& run : page.runs) {
    if (run.upright) continue;
    OpenLine line;
    line.add(run);
    Column column;
    column.turned = true;
    column.lines.push_back(close(page, line, !as_printed));
    column.left = run.box.x0;
    column.right = run.box.x1;
    result.columns.push_back(std::move(column));
  }
  return result;
}

}  // namespace millpond::extract::pdf
