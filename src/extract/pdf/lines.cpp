#include "extract/pdf/lines.h"

#include <algorithm>
#include <cmath>

#include "extract/pdf/characters.h"
#include "extract/pdf/columns.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kCellGapEm = 1.5f;
constexpr float kWordGapEm = 0.1f;
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
    const float top = std::max(baseline - 0.6f * size, run.baseline - 0.6f * run.style.size);
    const float bottom = std::min(baseline, run.baseline);
    return bottom - top >= 0.5f * 0.6f * std::min(size, run.style.size);
  }
  void add(const Run& run) {
    if (run.style.size > size * 1.01f || runs.empty()) baseline = run.baseline, size = run.style.size;
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

Line close(OpenLine& open) {
  const bool rtl = reads_right_to_left(open);
  std::stable_sort(open.runs.begin(), open.runs.end(),
                   [rtl](const Run* a, const Run* b) { return rtl ? a->box.x1 > b->box.x1 : a->box.x0 < b->box.x0; });
  Line line;
  line.baseline = open.baseline;
  float mono = 0, italic = 0, bold = 0, size = 0;
  const Run* previous = nullptr;
  for (const Run* run : open.runs) {
    const float gap = !previous ? 0 : rtl ? previous->box.x0 - run->box.x1 : run->box.x0 - previous->box.x1;
    const float em = std::max(run->style.size, 1.0f);
    if (previous && gap > kWordGapEm * em) line.text += ' ';
    if (!previous || gap > kCellGapEm * em) line.cells.push_back({line.text.size(), run->box.x0, run->box.x1});
    line.cells.back().x0 = std::min(line.cells.back().x0, run->box.x0);
    line.cells.back().x1 = std::max(line.cells.back().x1, run->box.x1);
    line.text += run->text;
    line.box = previous ? around(line.box, run->box) : run->box;
    const auto weight = static_cast<float>(run->chars);
    line.chars += run->chars;
    size += weight * run->style.size;
    mono += weight * run->style.mono;
    italic += weight * run->style.italic;
    bold += weight * run->style.bold;
    line.hyphen = run->hyphen;
    previous = run;
  }
  const auto all = static_cast<float>(std::max(1, line.chars));
  line.style = {size / all, bold >= 0.95f * all, italic > 0.5f * all, mono > 0.6f * all};
  const std::size_t space = line.text.find(' ');
  const float share = space == std::string::npos ? 1 : static_cast<float>(space) / static_cast<float>(line.text.size());
  line.first_word_width = share * (line.box.x1 - line.box.x0);
  line.leader = !line.style.mono && line.text.find("..") != std::string::npos && fold_leaders(line.text);
  if (!line.leader && line.text.find(". . .") != std::string::npos) line.leader = fold_leaders(line.text);
  if (line.leader) line.cells.resize(1);
  normalize(line.text);
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

Column make_column(const Page& page, Region region) {
  std::sort(region.begin(), region.end(), [&](auto a, auto b) {
    const Run &x = page.runs[a], &y = page.runs[b];
    return x.baseline != y.baseline ? x.baseline < y.baseline : a < b;
  });
  std::vector<OpenLine> open;
  for (const std::uint32_t r : region) {
    const Run& run = page.runs[r];
    OpenLine* home = nullptr;
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, open.size()) && !home; ++back) {
      if (open[open.size() - back].takes(run)) home = &open[open.size() - back];
    }
    if (!home) home = &open.emplace_back();
    home->add(run);
  }
  std::stable_sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.baseline < b.baseline; });
  Column column;
  for (OpenLine& line : open) column.lines.push_back(close(line));
  column.left = column.lines.front().box.x0;
  for (const Line& line : column.lines) column.left = std::min(column.left, line.box.x0);
  column.right = right_edge(column.lines);
  return column;
}

}  // namespace

PageLines make_lines(const Page& page) {
  PageLines result;
  result.number = page.number;
  for (Region& region : reading_order(page)) result.columns.push_back(make_column(page, std::move(region)));
  for (const Run& run : page.runs) {
    if (run.upright) continue;
    OpenLine line;
    line.add(run);
    Column column;
    column.turned = true;
    column.lines.push_back(close(line));
    column.left = run.box.x0;
    column.right = run.box.x1;
    result.columns.push_back(std::move(column));
  }
  return result;
}

}  // namespace millpond::extract::pdf
