#include "extract/pdf/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "extract/pdf/characters.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kGutterMinPt = 7;
constexpr float kColumnMinShare = 0.25f;  // of the width of its region
constexpr float kColumnMinEm = 10;        // narrower ones are the cells of a table
constexpr int kColumnMinLines = 4;
constexpr float kColumnMinFill = 0.55f;  // mean share of a column's width that its lines cover
constexpr float kLineStepEm = 0.7f;
constexpr int kIndexMinLines = 6;
constexpr int kListMinItems = 2;  // of short lists side by side, as on slides
constexpr float kListMinEm = 5;
constexpr int kDepthMax = 8;

/// A word with page numbers behind it.
bool is_entry(std::string_view text) {
  if (text.empty() || text.back() < '0' || text.back() > '9') return false;
  const std::size_t word = text.find_last_not_of("0123456789, \u2013-");
  const std::size_t comma = text.find(", ", word == text.npos ? 0 : word);
  return word != text.npos && comma != text.npos && comma < text.size() - 2;
}

/// The mark of a list's item, alone or before its text.
bool is_item(std::string_view text) {
  std::size_t at = 0;
  return !text.empty() && is_bullet(next_code(text, at));
}

struct Span {
  float from, to;
};

/// The part of a run that neighbouring lines do not reach into.
Span core(const Run& run) {
  if (run.table >= 0) return {run.box.y0, run.box.y1};
  return {run.baseline - 0.62f * run.size, run.baseline};
}

float middle(const Run& run) {
  const Span y = core(run);
  return (y.from + y.to) / 2;
}

class Splitter {
 public:
  Splitter(const Page& page, std::vector<Region>& out) : runs_(page.runs), out_(out) {}

  void split(Region region, int depth) {
    if (region.empty()) return;
    const Gutter gutter = depth < kDepthMax ? best_gutter(region) : Gutter{};
    if (gutter.score == 0) {
      out_.push_back(std::move(region));
      return;
    }
    Region above, left, right, below;
    for (const std::uint32_t r : region) {
      const float y = middle(runs_[r]);
      Region& target = y <= gutter.y.from            ? above
                       : y >= gutter.y.to            ? below
                       : runs_[r].box.x1 <= gutter.x ? left
                                                     : right;
      target.push_back(r);
    }
    for (Region* part : {&above, &left, &right, &below}) split(std::move(*part), depth + 1);
  }

 private:
  /// No text between the heights stands across x.
  struct Gutter {
    float x = 0;
    Span y{};
    float score = 0;
  };

  /// Centres of the gaps between neighbouring runs on a line, the only places where a gutter can be.
  std::vector<float> candidates(Region region) const {
    std::sort(region.begin(), region.end(), [&](auto a, auto b) {
      return runs_[a].box.x0 != runs_[b].box.x0 ? runs_[a].box.x0 < runs_[b].box.x0 : a < b;
    });
    // For each run the nearest one to its left at the same height.
    std::vector<std::uint32_t> by_height = region;
    std::sort(by_height.begin(), by_height.end(), [&](auto a, auto b) { return middle(runs_[a]) < middle(runs_[b]); });
    std::vector<float> centres;
    for (std::size_t i = 0; i < by_height.size(); ++i) {
      const Run& run = runs_[by_height[i]];
      const Run* nearest = nullptr;
      const auto look = [&](const Run& other) {
        if (other.box.x1 <= run.box.x0 && (!nearest || other.box.x1 > nearest->box.x1)) nearest = &other;
      };
      for (std::size_t k = i; k-- > 0 && middle(run) - middle(runs_[by_height[k]]) < run.size;)
        look(runs_[by_height[k]]);
      for (std::size_t k = i + 1; k < by_height.size() && middle(runs_[by_height[k]]) - middle(run) < run.size; ++k) {
        look(runs_[by_height[k]]);
      }
      if (nearest && run.box.x0 - nearest->box.x1 >= kGutterMinPt) {
        centres.push_back((run.box.x0 + nearest->box.x1) / 2);
      }
    }
    std::sort(centres.begin(), centres.end());
    std::vector<float> kept;
    for (const float x : centres) {
      if (kept.empty() || x - kept.back() > 0.5f) kept.push_back(x);
    }
    return kept;
  }

  bool crosses(const Run& run, float x) const {
    return run.box.x0 < x + kGutterMinPt / 2 && run.box.x1 > x - kGutterMinPt / 2;
  }

  Gutter best_gutter(Region region) const {
    Gutter best;
    float left = std::numeric_limits<float>::max(), right = 0;
    for (const std::uint32_t r : region) {
      left = std::min(left, runs_[r].box.x0);
      right = std::max(right, runs_[r].box.x1);
    }
    const std::vector<float> places = candidates(region);
    std::sort(region.begin(), region.end(), [&](auto a, auto b) {
      const float x = middle(runs_[a]), y = middle(runs_[b]);
      return x != y ? x < y : a < b;
    });
    for (const float x : places) {
      if (x - left < kColumnMinShare * (right - left) || right - x < kColumnMinShare * (right - left)) continue;
      // From one run that stands across to the next.
      float from = -std::numeric_limits<float>::max();
      for (std::size_t begin = 0, i = 0; i <= region.size(); ++i) {
        if (i < region.size() && !crosses(runs_[region[i]], x)) continue;
        const float to = i < region.size() ? middle(runs_[region[i]]) : std::numeric_limits<float>::max();
        const float score = column_lines(region, begin, i, x);
        if (score > best.score) best = {x, {from, to}, score};
        begin = i + 1;
        from = to;
      }
    }
    return best;
  }

  /// How many lines both sides have, or 0 if they are not columns of running text.
  float column_lines(const Region& region, std::size_t begin, std::size_t end, float x) const {
    if (end - begin < 2 * static_cast<std::size_t>(kListMinItems)) return 0;
    Side sides[2];
    for (std::size_t i = begin; i < end; ++i) {
      const Run& run = runs_[region[i]];
      sides[run.box.x1 <= x ? 0 : 1].add(run);
    }
    if (!sides[0].is_column() || !sides[1].is_column()) return 0;
    return static_cast<float>(std::min(sides[0].lines(), sides[1].lines()));
  }

  struct Side {
    std::vector<float> baselines;
    int entries = 0;  // "Wheel, 12": lines of an index
    int items = 0;    // of a list
    float covered = 0, size = 0, left = std::numeric_limits<float>::max(), right = 0;

    void add(const Run& run) {
      baselines.push_back(run.baseline);
      covered += run.box.x1 - run.box.x0;
      entries += is_entry(run.text);
      items += is_item(run.text);
      size = std::max(size, run.size);
      left = std::min(left, run.box.x0);
      right = std::max(right, run.box.x1);
    }
    int lines() const {
      std::vector<float> sorted = baselines;
      std::sort(sorted.begin(), sorted.end());
      int count = 0;
      float counted = -100;  // columns side by side need not share their baselines
      for (const float y : sorted) {
        if (y - counted <= std::max(3.0f, kLineStepEm * size)) continue;
        ++count;
        counted = y;
      }
      return count;
    }
    bool is_column() const {
      if (items < kListMinItems && baselines.size() < static_cast<std::size_t>(kColumnMinLines)) return false;
      const int count = lines();
      if (items >= kListMinItems && 2 * items > count && right - left >= kListMinEm * size) return true;
      if (count >= kIndexMinLines && 2 * entries >= count) return true;
      if (right - left < kColumnMinEm * size) return false;
      return count >= kColumnMinLines && covered >= kColumnMinFill * static_cast<float>(count) * (right - left);
    }
  };

  const std::vector<Run>& runs_;
  std::vector<Region>& out_;
};

}  // namespace

std::vector<Region> reading_order(const Page& page) {
  std::vector<Region> regions;
  Region all;
  for (std::uint32_t i = 0; i < page.runs.size(); ++i) {
    if (page.runs[i].upright) all.push_back(i);
  }
  Splitter(page, regions).split(std::move(all), 0);
  return regions;
}

}  // namespace millpond::extract::pdf
