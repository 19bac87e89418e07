#include "extract/ocr/paper.h"

#include <algorithm>
#include <array>

namespace millpond::extract {
namespace {

using Counts = std::array<int, 256>;

/// The level that this share of the pixels does not exceed.
int quantile(const Counts& counts, int all, float share) {
  int left = static_cast<int>(static_cast<float>(all) * share);
  for (int level = 0; level < 256; ++level) {
    left -= counts[static_cast<std::size_t>(level)];
    if (left < 0) return level;
  }
  return 255;
}

/// Neighbouring rows of an area: where it begins and ends in each.
struct Area {
  int top = 0;
  std::vector<std::pair<int, int>> rows;
  std::int64_t ink = 0;
  int left() const { return std::min_element(rows.begin(), rows.end())->first; }
  int right() const {
    return std::max_element(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.second < b.second; })->second;
  }
};

/// Areas darker than paper that are wide and high; words on them are holes.
std::vector<Area> areas_of(const GrayImage& image, int level, int width_min, int height_min) {
  std::vector<Area> open, found;
  const auto width = static_cast<std::size_t>(image.width);
  for (int y = 0; y <= image.height; ++y) {
    std::vector<Area> still;
    std::vector<char> taken(open.size());
    const std::uint8_t* row = y < image.height ? image.pixels.data() + static_cast<std::size_t>(y) * width : nullptr;
    for (int x = 0; row != nullptr && x < image.width;) {
      if (row[x] >= level) {
        ++x;
        continue;
      }
      const int from = x;
      while (x < image.width && row[x] < level) ++x;
      // Pieces of one row that belong to the same area of the row before are one.
      std::size_t home = 0;
      while (home < open.size() && (open[home].rows.back().second <= from || open[home].rows.back().first >= x)) ++home;
      if (home < open.size()) {
        if (!taken[home]) {
          taken[home] = 1;
          still.push_back(open[home]);
          still.back().rows.push_back({from, x});
        } else {
          for (Area& area : still) {
            if (area.top == open[home].top && area.rows.size() == open[home].rows.size() + 1 &&
                area.rows[area.rows.size() - 2] == open[home].rows.back())
              area.rows.back().second = std::max(area.rows.back().second, x);
          }
        }
      } else if (x - from >= width_min) {
        still.push_back({y, {{from, x}}, 0});
      }
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (!taken[i] && static_cast<int>(open[i].rows.size()) >= height_min) found.push_back(std::move(open[i]));
    }
    std::erase_if(still,
                  [&](const Area& area) { return area.rows.back().second - area.rows.back().first < width_min / 2; });
    open = std::move(still);
  }
  return found;
}

/// The colour of an area, and how much of it is lighter and darker than that.
struct Look {
  int level = 0;
  float lighter = 0, darker = 0;
};

Look look_of(const GrayImage& image, const Area& area) {
  Counts counts{};
  int all = 0;
  for (std::size_t r = 0; r < area.rows.size(); ++r) {
    const std::uint8_t* row =
        image.pixels.data() + (static_cast<std::size_t>(area.top) + r) * static_cast<std::size_t>(image.width);
    for (int x = area.rows[r].first; x < area.rows[r].second; ++x) ++counts[row[x]], ++all;
  }
  Look look;
  look.level = static_cast<int>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  int lighter = 0, darker = 0;
  for (int level = 0; level < 256; ++level) {
    if (level > look.level + (255 - look.level) / 2) lighter += counts[static_cast<std::size_t>(level)];
    if (level < look.level - InkLevels::kContrast) darker += counts[static_cast<std::size_t>(level)];
  }
  look.lighter = static_cast<float>(lighter) / static_cast<float>(all);
  look.darker = static_cast<float>(darker) / static_cast<float>(all);
  return look;
}

void turn(GrayImage& image, const Area& area, int level) {
  for (std::size_t r = 0; r < area.rows.size(); ++r) {
    std::uint8_t* row =
        image.pixels.data() + (static_cast<std::size_t>(area.top) + r) * static_cast<std::size_t>(image.width);
    for (int x = area.rows[r].first; x < area.rows[r].second; ++x) {
      const int above = std::max(0, row[x] - level - 8);
      row[x] = static_cast<std::uint8_t>(255 - std::min(255, above * 255 / std::max(1, 247 - level)));
    }
  }
}

}  // namespace

InkLevels::InkLevels(const GrayImage& image) : across_((image.width + kSide - 1) / kSide) {
  const int down = (image.height + kSide - 1) / kSide;
  levels_.resize(static_cast<std::size_t>(across_) * static_cast<std::size_t>(down));
  for (int by = 0; by < down; ++by) {
    for (int bx = 0; bx < across_; ++bx) {
      Counts counts{};
      int all = 0;
      for (int y = by * kSide; y < std::min(image.height, (by + 1) * kSide); ++y) {
        const std::uint8_t* row =
            image.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width);
        for (int x = bx * kSide; x < std::min(image.width, (bx + 1) * kSide); ++x) ++counts[row[x]], ++all;
      }
      const int paper = std::max(96, quantile(counts, all, 0.75f));
      levels_[static_cast<std::size_t>(by) * static_cast<std::size_t>(across_) + static_cast<std::size_t>(bx)] =
          static_cast<std::uint8_t>(paper - kContrast);
    }
  }
}

DrawnLines turn_light_words(GrayImage& image, int dpi) {
  constexpr float kLighterMin = 0.015f, kLighterMax = 0.45f;
  constexpr int kDarkMax = 190;  // of an area's colour; words on a lighter one are dark
  DrawnLines edges;
  if (image.pixels.empty()) return edges;
  Counts counts{};
  for (const std::uint8_t pixel : image.pixels) ++counts[pixel];
  const int paper = static_cast<int>(std::max_element(counts.begin() + 96, counts.end()) - counts.begin());
  const float point = static_cast<float>(dpi) / 72;
  for (const Area& area : areas_of(image, paper - 40, static_cast<int>(15 * point), static_cast<int>(8 * point))) {
    const Look look = look_of(image, area);
    if (look.level > std::min(kDarkMax, paper - 40) || look.lighter < kLighterMin || look.lighter > kLighterMax ||
        look.darker > look.lighter / 2)
      continue;
    turn(image, area, look.level);
    const auto top = static_cast<float>(area.top), bottom = top + static_cast<float>(area.rows.size());
    const auto left = static_cast<float>(area.left()), right = static_cast<float>(area.right());
    edges.horizontal.push_back({top, left, right});
    edges.horizontal.push_back({bottom, left, right});
    edges.vertical.push_back({left, top, bottom});
    edges.vertical.push_back({right, top, bottom});
  }
  return edges;
}

}  // namespace millpond::extract
