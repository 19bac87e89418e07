// Pictures as hashing and classifying look at them: any bytes give pixels of the promised size or an error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "extract/pictures/views.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  millpond::extract::Limits limits;
  limits.pages = 4;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const bool colour : {false, true}) {
    const auto views = millpond::extract::make_views(bytes, colour, limits);
    if (views.ok() && (views->pictures.size() != 1 || views->pictures[0].bytes.size() <= 8)) std::abort();
  }
  return 0;
}
