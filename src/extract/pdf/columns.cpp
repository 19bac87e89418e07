#include "extract/pdf/columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace millpond::extract::pdf {
namespace {

constexpr float kGutterMinPt = 7;
constexpr float kColumnMinShare = 0.25f;  // of the width of its region
constexpr float kColumnMinEm = 10;        // narrower ones are the cells of a table
constexpr int kColumnMinLines = 4;
constexpr float kColumnMinFill = 0.55f;  // mean share of a column's width that its lines cover
constexpr int kDepthMax = 8;

struct Span {
  float from, to;
};

/// The part of a run that neighbouring lines do not reach into.
Span core(const Run& run) {
  if (run.table >= 0) return {run.box.y0, run.box.y1};
  return {run.baseline - 0.62f * run.size, run.baseline};
}

/// A maximal horizontal stripe with text: usually one line.
struct Band {
  Span y;
  Region runs;
};

class Splitter {
 public:
  Splitter(const Page& page, std::vector<Region>& out) : runs_(page.runs), out_(out) {}

  void split(Region region, int depth) {
    if (region.empty()) return;
    const std::vector<Band> bands = bands_of(region);
    const Gutter gutter = depth < kDepthMax ? best_gutter(bands) : Gutter{};
    if (gutter.last < gutter.first) {
      out_.push_back(std::move(region));
      return;
    }
    Region above, left, right, below;
    for (int i = 0; i < static_cast<int>(bands.size()); ++i) {
      for (const std::uint32_t r : bands[static_cast<std::size_t>(i)].runs) {
        Region& target = i < gutter.first              ? above
                         : i > gutter.last             ? below
                         : runs_[r].box.x1 <= gutter.x ? left
                                                       : right;
        target.push_back(r);
      }
    }
    for (Region* part : {&above, &left, &right, &below}) split(std::move(*part), depth + 1);
  }

 private:
  /// Bands first..last hold no text across x.
  struct Gutter {
    float x = 0;
    int first = 0, last = -1;
    float score = 0;
  };

  std::vector<Band> bands_of(Region region) const {
    std::sort(region.begin(), region.end(), [&](auto a, auto b) { return core(runs_[a]).from < core(runs_[b]).from; });
    std::vector<Band> bands;
    for (const std::uint32_t r : region) {
      const Span y = core(runs_[r]);
      if (bands.empty() || y.from >= bands.back().y.to) bands.push_back({y, {}});
      bands.back().y.to = std::max(bands.back().y.to, y.to);
      bands.back().runs.push_back(r);
    }
    return bands;
  }

  /// Centres of the gaps between neighbouring runs of a band, the only places where a gutter can be.
  std::vector<float> candidates(const std::vector<Band>& bands) const {
    std::vector<float> centres;
    for (const Band& band : bands) {
      if (band.runs.size() < 2) continue;
      std::vector<Span> spans;
      for (const std::uint32_t r : band.runs) spans.push_back({runs_[r].box.x0, runs_[r].box.x1});
      std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.from < b.from; });
      float end = spans.front().to;
      for (const Span& span : spans) {
        if (span.from - end >= kGutterMinPt) centres.push_back((span.from + end) / 2);
        end = std::max(end, span.to);
      }
    }
    std::sort(centres.begin(), centres.end());
    std::vector<float> kept;
    for (const float x : centres) {
      if (kept.empty() || x - kept.back() > 2) kept.push_back(x);
    }
    return kept;
  }

  bool crosses(const Band& band, float x) const {
    return std::any_of(band.runs.begin(), band.runs.end(), [&](auto r) {
      return runs_[r].box.x0 < x + kGutterMinPt / 2 && runs_[r].box.x1 > x - kGutterMinPt / 2;
    });
  }

  Gutter best_gutter(const std::vector<Band>& bands) const {
    Gutter best;
    float left = std::numeric_limits<float>::max(), right = 0;
    for (const Band& band : bands) {
      for (const std::uint32_t r : band.runs) {
        left = std::min(left, runs_[r].box.x0);
        right = std::max(right, runs_[r].box.x1);
      }
    }
    for (const float x : candidates(bands)) {
      if (x - left < kColumnMinShare * (right - left) || right - x < kColumnMinShare * (right - left)) continue;
      const int count = static_cast<int>(bands.size());
      for (int first = 0; first < count; ++first) {
        if (crosses(bands[static_cast<std::size_t>(first)], x)) continue;
        int last = first;
        while (last + 1 < count && !crosses(bands[static_cast<std::size_t>(last + 1)], x)) ++last;
        const float score = column_lines(bands, first, last, x);
        if (score > best.score) best = {x, first, last, score};
        first = last;
      }
    }
    return best;
  }

  /// How many lines both sides have, or 0 if they are not columns of running text.
  float column_lines(const std::vector<Band>& bands, int first, int last, float x) const {
    Side sides[2];
    for (int i = first; i <= last; ++i) {
      for (const std::uint32_t r : bands[static_cast<std::size_t>(i)].runs) {
        sides[runs_[r].box.x1 <= x ? 0 : 1].add(runs_[r]);
      }
    }
    if (!sides[0].is_column() || !sides[1].is_column()) return 0;
    return static_cast<float>(std::min(sides[0].lines(), sides[1].lines()));
  }

  struct Side {
    std::vector<float> baselines;
    float covered = 0, size = 0, left = std::numeric_limits<float>::max(), right = 0;

    void add(const Run& run) {
      baselines.push_back(run.baseline);
      covered += run.box.x1 - run.box.x0;
      size = std::max(size, run.size);
      left = std::min(left, run.box.x0);
      right = std::max(right, run.box.x1);
    }
    int lines() const {
      std::vector<float> sorted = baselines;
      std::sort(sorted.begin(), sorted.end());
      int count = 0;
      float previous = -100;
      for (const float y : sorted) {
        if (y - previous > 3) ++count;
        previous = y;
      }
      return count;
    }
    bool is_column() const {
      if (baselines.size() < static_cast<std::size_t>(kColumnMinLines)) return false;
      if (right - left < kColumnMinEm * size) return false;
      const int count = lines();
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
