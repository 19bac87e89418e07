#include "extract/pdf/drawn_bullets.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace millpond::extract::pdf {
namespace {

constexpr float kGapMaxEm = 2;  // between a bullet and its text
constexpr float kBeforeEm = 3;  // so much space is free before a bullet
constexpr float kLowEm = 0.15f, kHighEm = 0.75f;
constexpr float kSameSizePt = 0.4f;
constexpr std::size_t kAlikeMin = 2;

float side(const Box& box) { return box.y1 - box.y0; }

/// The run that a mark stands before, as an index; all if it stands before none.
std::size_t marked_run(const Page& page, const Box& mark) {
  const float y = (mark.y0 + mark.y1) / 2;
  std::size_t found = page.runs.size();
  for (std::size_t i = 0; i < page.runs.size(); ++i) {
    const Run& run = page.runs[i];
    if (!run.upright || y < run.baseline - 0.8f * run.size || y > run.baseline + 0.1f * run.size) continue;
    if (run.box.x0 < mark.x1) {
      if (run.box.x1 > mark.x0 - kBeforeEm * run.size) return page.runs.size();  // text stands before it, or on it
      continue;
    }
    if (found == page.runs.size() || run.box.x0 < page.runs[found].box.x0) found = i;
  }
  if (found == page.runs.size()) return found;
  const Run& run = page.runs[found];
  const bool fits = run.box.x0 - mark.x1 <= kGapMaxEm * run.size && side(mark) >= kLowEm * run.size &&
                    side(mark) <= kHighEm * run.size;
  return fits ? found : page.runs.size();
}

}  // namespace

void set_drawn_bullets(Page& page) {
  std::vector<std::pair<std::size_t, Box>> found;
  for (const Box& mark : page.rulings.marks) {
    if (const std::size_t run = marked_run(page, mark); run < page.runs.size()) found.emplace_back(run, mark);
  }
  // Marks of a chart differ, or stand alone.
  const auto alike = [&](const Box& mark) {
    return static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [&](const auto& other) {
      return std::abs(side(other.second) - side(mark)) <= kSameSizePt;
    }));
  };
  std::vector<std::pair<std::size_t, Box>> bullets;
  for (const auto& each : found) {
    if (alike(each.second) >= kAlikeMin) bullets.push_back(each);
  }
  if (bullets.empty()) return;
  std::stable_sort(bullets.begin(), bullets.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Run> runs;
  runs.reserve(page.runs.size() + bullets.size());
  for (std::size_t i = 0, next = 0; i < page.runs.size(); ++i) {
    if (next < bullets.size() && bullets[next].first == i) {
      const Run& text = page.runs[i];
      Run bullet;
      bullet.text = "\u2022";
      bullet.chars = 1;
      bullet.size = text.size;
      bullet.baseline = text.baseline;
      bullet.box = {bullets[next].second.x0, text.box.y0, bullets[next].second.x1, text.box.y1};
      runs.push_back(std::move(bullet));
      while (next < bullets.size() && bullets[next].first == i) ++next;
    }
    runs.push_back(std::move(page.runs[i]));
  }
  page.runs = std::move(runs);
}

}  // namespace millpond::extract::pdf
