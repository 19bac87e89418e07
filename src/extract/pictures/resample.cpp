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

std::uint8_t byte_of(std::int64_t sum) {
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> kWeightBits, 0, 255));
}

/// One pass: `step` bytes lie between the pixels that are weighed together.
std::uint8_t weigh(const std::uint8_t* first, std::size_t step, const Window& window) {
  std::int64_t sum = 1 << (kWeightBits - 1);
  for (const std::int32_t weight : window.weights) {
    sum += std::int64_t{*first} * weight;
    first += step;
  }
  return byte_of(sum);
}

}  // namespace

Raster resample(const Raster& in, int width, int height, Filter filter) {
  const auto channels = static_cast<std::size_t>(in.channels);
  Raster across = in;
  if (width != in.width) {
    across.width = width;
    const std::vector<Window> columns = windows(in.width, width, filter);
    const std::size_t row_bytes = static_cast<std::size_t>(in.width) * channels;
    across.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(in.height) * channels, 0);
    std::uint8_t* to = across.pixels.data();
    for (int y = 0; y < in.height; ++y) {
      const std::uint8_t* const row = in.pixels.data() + static_cast<std::size_t>(y) * row_bytes;
      for (const Window& window : columns) {
        for (std::size_t c = 0; c < channels; ++c) {
          *to++ = weigh(row + static_cast<std::size_t>(window.first) * channels + c, channels, window);
        }
      }
    }
  }
  if (height == in.height) return across;
  Raster out{width, height, in.channels, {}};
  const std::size_t row_bytes = static_cast<std::size_t>(width) * channels;
  out.pixels.resize(static_cast<std::size_t>(height) * row_bytes);
  std::uint8_t* to = out.pixels.data();
  for (const Window& window : windows(in.height, height, filter)) {
    const std::uint8_t* const first = across.pixels.data() + static_cast<std::size_t>(window.first) * row_bytes;
    for (std::size_t x = 0; x < row_bytes; ++x) *to++ = weigh(first + x, row_bytes, window);
  }
  return out;
}

Raster to_gray(const Raster& in) {
  Raster out{in.width, in.height, 1, {}};
  out.pixels.reserve(in.pixels.size() / 3);
  for (std::size_t i = 0; i + 2 < in.pixels.size(); i += 3) {
    const std::uint32_t luma = in.pixels[i] * 19595U + in.pixels[i + 1] * 38470U + in.pixels[i + 2] * 7471U + 0x8000U;
    out.pixels.push_back(static_cast<std::uint8_t>(luma >> 16));
  }
  return out;
}

}  // namespace millpond::extract
