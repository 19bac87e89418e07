#include <cstddef>
#include <cstdint>
#include <string_view>

#include "extract/ocr/leptonica.h"

// Decoding alone: what OCR makes of pixels takes seconds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  millpond::extract::Limits limits;
  limits.pages = 4;
  (void)millpond::extract::decode_image({reinterpret_cast<const char*>(data), size}, limits);
  return 0;
}
