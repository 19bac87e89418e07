#pragma once
#include <string_view>
#include <vector>

#include "extract/ocr/ocr.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

struct DecodedImage {
  GrayImage image;
  int dpi = 0;  ///< 0 if the file does not say
};

/// Decodes a PNG, JPEG, WebP or TIFF through Leptonica, which comes with Tesseract; a TIFF has a picture a page.
/// Errors: kUnavailable without the library; kInvalidArgument (broken); kResourceExhausted (pages, pixels).
Result<std::vector<DecodedImage>> decode_image(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
