#include "extract/pictures/resample.h"

#include <algorithm>
#include <cmath>

namespace millpond::extract {
namespace {

constexpr int kWeightBits = 22;
constexpr double kPi = 3.14159265358979323846;

double sinc(double x) { return x == 0 ? 1 : std::sin(x * kPi) / (x * kPi); }

double value_of(Filter filter, double x) {
  x = std::abs(x);
  if (filter == Filter::kBilinear) return x < 1 ? 1 - x : 0;
  return x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

/// Which pixels make one of the result, and how much of each.
struct Window {
  int first = 0;
  std::vector<std::int32_t> weights;
};

std::vector<Window> windows(int from, int to, Filter filter) {
  const double scale = static_cast<double>(from) / to, wide = std::max(scale, 1.0);
  const double reach = (filter == Filter::kBilinear ? 1.0 : 3.0) * wide;
  std::vector<Window> out(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - reach + 0.5), 0);
    const int end = std::min(static_cast<int>(center + reach + 0.5), from);
    std::vector<double> parts;
    double sum = 0;
    for (int x = first; x < end; ++x) {
      parts.push_back(value_of(filter, (x - center + 0.5) / wide));
      sum += parts.back();
    }
    Window& window = out[static_cast<std::size_t>(i)];
    window.first = first;
    for (const double part : parts) {
      const double weight = (sum != 0 ? part / sum : part) * (1 << kWeightBits);
      window.weights.push_back(static_cast<std::int32_t>(weight < 0 ? weight - 0.5 : weight + 0.5));
    }
  }
  return out;
}

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);  // 32 bits are enough for what Lanczos overshoots

std::uint8_t byte_of(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

/// One row of gray, with as many sums at a time as compilers keep in registers.
std::uint8_t* weigh_gray_row(const std::uint8_t* row, const std::vector<Window>& columns, std::uint8_t* to) {
  constexpr std::size_t kLanes = 16;
  for (const Window& window : columns) {
    const std::uint8_t* const from = row + window.first;
    const std::int32_t* const weights = window.weights.data();
    const std::size_t count = window.weights.size();
    std::int32_t lanes[kLanes] = {kHalf};
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      for (std::size_t j = 0; j < kLanes; ++j) lanes[j] += from[i + j] * weights[i + j];
    }
    std::int32_t sum = 0;
    for (; i < count; ++i) sum += from[i] * weights[i];
    for (const std::int32_t lane : lanes) sum += lane;
    *to++ = byte_of(sum);
  }
  return to;
}

/// One row in colour.
std::uint8_t* weigh_colour_row(const std::uint8_t* row, const std::vector<Window>& columns, std::uint8_t* to) {
  constexpr std::size_t kChannels = 3;
  for (const Window& window : columns) {
    std::int32_t sums[kChannels];
    std::fill(sums, sums + kChannels, kHalf);
    const std::uint8_t* from = row + static_cast<std::size_t>(window.first) * kChannels;
    for (const std::int32_t weight : window.weights) {
      for (std::size_t c = 0; c < kChannels; ++c) sums[c] += *from++ * weight;
    }
    for (const std::int32_t sum : sums) *to++ = byte_of(sum);
  }
  return to;
}

Raster across(const Raster& in, int width, Filter filter) {
  const std::size_t channels = in.channels == 3 ? 3 : 1;
  Raster out{width, in.height, in.channels, {}};
  const std::vector<Window> columns = windows(in.width, width, filter);
  out.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(in.height) * channels);
  std::uint8_t* to = out.pixels.data();
  for (std::size_t y = 0; y < static_cast<std::size_t>(in.height); ++y) {
    const std::uint8_t* const row = in.pixels.data() + y * static_cast<std::size_t>(in.width) * channels;
    to = channels == 3 ? weigh_colour_row(row, columns, to) : weigh_gray_row(row, columns, to);
  }
  return out;
}

Raster down(const Raster& in, int height, Filter filter) {
  Raster out{in.width, height, in.channels, {}};
  const std::size_t row_bytes = static_cast<std::size_t>(in.width) * (in.channels == 3 ? 3 : 1);
  out.pixels.resize(static_cast<std::size_t>(height) * row_bytes);
  std::uint8_t* to = out.pixels.data();
  std::vector<std::int32_t> sums(row_bytes);
  for (const Window& window : windows(in.height, height, filter)) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const std::uint8_t* row = in.pixels.data() + static_cast<std::size_t>(window.first) * row_bytes;
    for (const std::int32_t weight : window.weights) {
      for (std::size_t x = 0; x < row_bytes; ++x) sums[x] += row[x] * weight;
      row += row_bytes;
    }
    for (const std::int32_t sum : sums) *to++ = byte_of(sum);
  }
  return out;
}

}  // namespace

Raster resample(const Raster& in, int width, int height, Filter filter) {
  if (width == in.width) return height == in.height ? in : down(in, height, filter);
  Raster out = across(in, width, filter);
  return height == in.height ? out : down(out, height, filter);
}

Raster to_gray(const Raster& in) {
  Raster out{in.width, in.height, 1, {}};
  out.pixels.resize(in.pixels.size() / 3);
  const std::uint8_t* from = in.pixels.data();
  for (std::uint8_t& to : out.pixels) {
    to = static_cast<std::uint8_t>((from[0] * 19595U + from[1] * 38470U + from[2] * 7471U + 0x8000U) >> 16);
    from += 3;
  }
  return out;
}

}  // namespace millpond::extract
