#include "extract/pdf/png.h"

#include <png.h>

namespace millpond::extract::pdf {

Result<std::string> png_of(const Pixels& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(pixels.width);
  image.height = static_cast<png_uint_32>(pixels.height);
  image.format = PNG_FORMAT_RGB;
  image.flags = PNG_IMAGE_FLAG_FAST;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string out(size, '\0');
  if (png_image_write_to_memory(&image, out.data(), &size, 0, pixels.rgb.data(), 0, nullptr) == 0) {
    return internal("the picture cannot be written: ", image.message);
  }
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

}  // namespace millpond::extract::pdf
