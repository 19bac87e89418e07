#include "extract/ocr/skew.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace millpond::extract {
namespace {

constexpr float kDegreesMax = 15;
constexpr int kSideForAngles = 900;  // pixels are taken in squares, so that the longer side has about so many
constexpr float kRadians = 3.14159265f / 180;

struct Point {
  float x, y;
};

/// Lower edges of dark spots in a smaller copy: baselines stand out in them more than in all that is dark.
std::vector<Point> lower_edges(const GrayImage& image) {
  const int step = std::max(1, std::max(image.width, image.height) / kSideForAngles);
  const int columns = image.width / step, rows = image.height / step;
  const auto width = static_cast<std::size_t>(image.width);
  std::vector<std::uint8_t> dark(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
  std::vector<int> sums(static_cast<std::size_t>(columns));
  for (int y = 0; y < rows; ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    for (int down = 0; down < step; ++down) {
      const std::uint8_t* from = image.pixels.data() + static_cast<std::size_t>(y * step + down) * width;
      for (int x = 0; x < columns; ++x) {
        for (int right = 0; right < step; ++right) sums[static_cast<std::size_t>(x)] += *from++;
      }
    }
    for (int x = 0; x < columns; ++x) {
      dark[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(x)] =
          sums[static_cast<std::size_t>(x)] < 176 * step * step;
    }
  }
  std::vector<Point> points;
  for (int y = 0; y + 1 < rows; ++y) {
    const std::uint8_t* here = dark.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(columns);
    for (int x = 0; x < columns; ++x) {
      if (here[x] != 0 && here[x + columns] == 0)
        points.push_back({static_cast<float>(x - columns / 2), static_cast<float>(y)});
    }
  }
  return points;
}

/// How much the points gather on lines of this slope: the sum of the squares of how many fall into each.
double gathered(const std::vector<Point>& points, float degrees, std::vector<int>& bins) {
  const float slope = std::tan(degrees * kRadians);
  const auto middle = static_cast<float>(bins.size()) / 4;
  std::fill(bins.begin(), bins.end(), 0);
  for (const Point& p : points) {
    const auto bin = static_cast<std::ptrdiff_t>(p.y - slope * p.x + middle);
    if (bin >= 0 && bin < static_cast<std::ptrdiff_t>(bins.size())) ++bins[static_cast<std::size_t>(bin)];
  }
  double sum = 0;
  for (const int count : bins) sum += static_cast<double>(count) * count;
  return sum;
}

}  // namespace

float skew_degrees(const GrayImage& image) {
  constexpr std::size_t kPointsMin = 200;
  constexpr double kStandsOut = 1.3;  // of the best angle over the usual one
  const std::vector<Point> points = lower_edges(image);
  if (points.size() < kPointsMin) return 0;
  std::vector<int> bins(static_cast<std::size_t>(kSideForAngles) * 4);
  std::vector<double> all;
  std::pair<double, float> best{0, 0};
  const auto attempt = [&](float degrees) {
    const double sum = gathered(points, degrees, bins);
    if (sum > best.first) best = {sum, degrees};
    return sum;
  };
  for (float degrees = -kDegreesMax; degrees <= kDegreesMax; degrees += 0.5f) all.push_back(attempt(degrees));
  const float coarse = best.second;
  for (float off = -0.4f; off < 0.45f; off += 0.1f) attempt(coarse + off);
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
  return best.first > kStandsOut * all[all.size() / 2] ? best.second : 0;
}

bool lies_sideways(const GrayImage& image) {
  constexpr double kClearly = 1.5;
  std::vector<int> bins(static_cast<std::size_t>(kSideForAngles) * 4);
  const auto best = [&](const std::vector<Point>& points) {
    double sum = 0;
    for (float degrees = -4; degrees <= 4; degrees += 0.5f) sum = std::max(sum, gathered(points, degrees, bins));
    return points.empty() ? 0 : sum / static_cast<double>(points.size());
  };
  return best(lower_edges(turned(image, 1))) > kClearly * best(lower_edges(image));
}

GrayImage rotated(const GrayImage& image, float degrees) {
  GrayImage out{image.width, image.height, std::vector<std::uint8_t>(image.pixels.size(), 255)};
  const float c = std::cos(degrees * kRadians), s = std::sin(degrees * kRadians);
  const float middle_x = static_cast<float>(image.width) / 2, middle_y = static_cast<float>(image.height) / 2;
  const auto width = static_cast<std::size_t>(image.width);
  std::uint8_t* to = out.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    const float dy = static_cast<float>(y) - middle_y;
    float from_x = middle_x - c * middle_x - s * dy, from_y = middle_y - s * middle_x + c * dy;
    for (int x = 0; x < image.width; ++x, ++to, from_x += c, from_y += s) {
      const int left = static_cast<int>(std::floor(from_x)), top = static_cast<int>(std::floor(from_y));
      if (left < 0 || top < 0 || left + 1 >= image.width || top + 1 >= image.height) continue;
      const float right_part = from_x - static_cast<float>(left), lower_part = from_y - static_cast<float>(top);
      const std::uint8_t* p = image.pixels.data() + static_cast<std::size_t>(top) * width + left;
      const float upper = p[0] + right_part * static_cast<float>(p[1] - p[0]);
      const float lower = p[width] + right_part * static_cast<float>(p[width + 1] - p[width]);
      *to = static_cast<std::uint8_t>(upper + lower_part * (lower - upper) + 0.5f);
    }
  }
  return out;
}

GrayImage turned(const GrayImage& image, int quarters) {
  quarters &= 3;
  if (quarters == 0) return image;
  const bool across = quarters != 2;
  GrayImage out{across ? image.height : image.width, across ? image.width : image.height, {}};
  out.pixels.resize(image.pixels.size());
  const auto w = static_cast<std::size_t>(image.width), h = static_cast<std::size_t>(image.height);
  for (std::size_t y = 0; y < h; ++y) {
    for (std::size_t x = 0; x < w; ++x) {
      const std::size_t to = quarters == 1   ? x * h + (h - 1 - y)
                             : quarters == 2 ? (h - 1 - y) * w + (w - 1 - x)
                                             : (w - 1 - x) * h + y;
      out.pixels[to] = image.pixels[y * w + x];
    }
  }
  return out;
}

}  // namespace millpond::extract
