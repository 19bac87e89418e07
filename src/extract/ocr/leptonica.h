#pragma once
// Pictures through Leptonica, which comes with Tesseract.

#include <string>
#include <string_view>
#include <vector>

#include "extract/ocr/ocr.h"
#include "extract/pictures/resample.h"
#include "millpond/extract/document.h"

namespace millpond::extract {

struct DecodedImage {
  GrayImage image;
  int dpi = 0;  ///< 0 if the file does not say
};

/// Decodes a PNG, JPEG, WebP or TIFF through Leptonica, which comes with Tesseract; a TIFF has a picture a page.
/// Errors: kUnavailable without the library; kInvalidArgument (broken); kResourceExhausted (pages, pixels).
Result<std::vector<DecodedImage>> decode_image(std::string_view bytes, const Limits& limits);

/// Decodes a picture, of a TIFF the first page, to red, green and blue; transparency is ignored.
/// Errors: as `decode_image`.
Result<Raster> decode_colour(std::string_view bytes, const Limits& limits);

/// A part of a picture, made `height` pixels high as Leptonica does it for Tesseract: smoothed and sharpened.
/// Errors: kUnavailable; kInternal.
Result<GrayImage> scaled_part(const GrayImage& image, int x0, int y0, int x1, int y1, int height);

/// A baseline JPEG of three channels, with half the resolution for colours. Errors: kUnavailable; kInternal.
Result<std::string> encode_jpeg(const Raster& picture, int quality);

}  // namespace millpond::extract
