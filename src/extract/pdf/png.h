#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract::pdf {

/// Rows from the top, three bytes a pixel.
struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
};

Result<std::string> png_of(const Pixels& pixels);

}  // namespace millpond::extract::pdf
