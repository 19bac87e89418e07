#include "extract/pdf/furniture.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

namespace millpond::extract::pdf {
namespace {

constexpr std::size_t kEdgeLines = 4;  // lines from the edge that may be furniture
constexpr float kSameHeightPt = 3;
constexpr float kEdgeShare = 0.13f;        // of the page's height, at the top and at the bottom
constexpr float kAloneEm = 1.7f;           // baseline distance to the next line from which a line stands alone
constexpr float kTypeMax = 1.3f;           // of the body's type size
constexpr float kAloneShare = 0.5f;        // of all pages
constexpr float kAloneEdgeShare = 0.085f;  // of the page's height: captions and tables begin pages, too

/// The line with digits and roman page numbers masked, so that "12 | Setup" and "13 | Setup" are alike.
std::string masked(const std::string& text) {
  std::string out;
  std::size_t word = 0;
  const auto end_word = [&] {
    const std::string_view last = std::string_view(out).substr(word);
    if (last.empty() || last.size() > 7 || last.find_first_not_of("ivxlc") != last.npos) return;
    out.resize(word);
    out += '#';
  };
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (out.empty() || out.back() != '#') out += '#';
    } else if (c == ' ') {
      end_word();
      if (!out.empty() && out.back() != ' ') out += ' ';
      word = out.size();
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }
  end_word();
  return out;
}

struct EdgeLine {
  Line* line;
  std::string mask;
  bool alone;  // at the very edge, and clear of the next line towards the middle of the page
};

/// Lines of a page from one edge inwards.
std::vector<EdgeLine> edge_lines(PageLines& page, bool top) {
  std::vector<Line*> lines;
  for (Column& column : page.columns) {
    if (column.turned) continue;
    for (Line& line : column.lines) {
      if (line.table < 0) lines.push_back(&line);
    }
  }
  std::sort(lines.begin(), lines.end(), [top](const Line* a, const Line* b) {
    return top ? a->baseline < b->baseline : a->baseline > b->baseline;
  });
  std::vector<EdgeLine> edge;
  for (std::size_t i = 0; i < std::min(kEdgeLines, lines.size()); ++i) {
    const float from_edge = top ? lines[i]->baseline : page.height - lines[i]->baseline;
    if (from_edge > kEdgeShare * page.height) break;
    bool alone = i + 1 < lines.size();
    for (std::size_t next = i + 1; next < std::min(i + 9, lines.size()); ++next) {  // past the lines of other columns
      const float distance = std::abs(lines[next]->baseline - lines[i]->baseline);
      if (distance > 2) alone = alone && distance > kAloneEm * std::max(lines[i]->style.size, lines[next]->style.size);
      if (distance > 2) break;
    }
    alone = alone && from_edge <= kAloneEdgeShare * page.height;
    edge.push_back({lines[i], masked(lines[i]->text), alone});
  }
  return edge;
}

int height_slot(float baseline) { return static_cast<int>(std::lround(baseline / kSameHeightPt)); }

class Marker {
 public:
  Marker(std::vector<PageLines>& pages, bool top, float body_size) : body_size_(body_size) {
    for (PageLines& page : pages) edges_.push_back(edge_lines(page, top));
    repeats_min_ = pages.size() >= 5 ? 3 : 2;
    for (std::size_t p = 0; p < edges_.size(); ++p) {
      for (const EdgeLine& e : edges_[p]) {
        ++texts_[key(e.mask, height_slot(e.line->baseline))];
        if (e.alone) ++alone_[height_slot(e.line->baseline)];
      }
    }
  }

  void mark() {
    for (auto& edge : edges_) {
      // From the edge inwards: nothing beyond the first line of the body is furniture.
      for (EdgeLine& e : edge) {
        if (e.line->style.size > kTypeMax * body_size_ || (!repeats(e) && !stands_alone(e))) break;
        e.line->furniture = true;
      }
    }
  }

 private:
  static std::string key(const std::string& mask, int slot) { return mask + '@' + std::to_string(slot); }

  bool repeats(const EdgeLine& e) const {
    const int slot = height_slot(e.line->baseline);
    int count = 0;
    for (int near = slot - 1; near <= slot + 1; ++near) {
      const auto found = texts_.find(key(e.mask, near));
      if (found != texts_.end()) count += found->second;
    }
    return count >= repeats_min_;
  }

  bool stands_alone(const EdgeLine& e) const {
    if (!e.alone || e.line->style.size > body_size_ * 1.1f || edges_.size() < 5) return false;
    const int slot = height_slot(e.line->baseline);
    int count = 0;
    for (int near = slot - 1; near <= slot + 1; ++near) {
      const auto found = alone_.find(near);
      if (found != alone_.end()) count += found->second;
    }
    return static_cast<float>(count) >= kAloneShare * static_cast<float>(edges_.size());
  }

  const float body_size_;
  int repeats_min_ = 3;
  std::vector<std::vector<EdgeLine>> edges_;
  std::unordered_map<std::string, int> texts_;
  std::unordered_map<int, int> alone_;
};

}  // namespace

void mark_furniture(std::vector<PageLines>& pages, float body_size) {
  if (pages.size() < 2) return;
  Marker(pages, true, body_size).mark();
  Marker(pages, false, body_size).mark();
}

}  // namespace millpond::extract::pdf
