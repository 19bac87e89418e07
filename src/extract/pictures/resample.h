#pragma once
// Pictures made smaller or larger, with Pillow's pixels.

#include <cstdint>
#include <vector>

namespace millpond::extract {

struct Raster {
  int width = 0, height = 0, channels = 1;
  std::vector<std::uint8_t> pixels;  ///< row by row, channels together
};

enum class Filter : unsigned char { kBilinear, kLanczos };

/// Resamples along rows, then along columns, with weights of 22 bits after the point and values rounded to bytes in
/// between.
Raster resample(const Raster& in, int width, int height, Filter filter);

/// ITU-R 601 luma, as Pillow's mode L has it. `in` has three channels.
Raster to_gray(const Raster& in);

}  // namespace millpond::extract
