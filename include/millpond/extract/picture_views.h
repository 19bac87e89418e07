#pragma once
// Small copies of a picture, made in a worker: what hashes and models of pictures look at.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "millpond/extract/worker.h"

namespace millpond::extract {

/// Which copies: gray ones, for hashes; or one in colour, as the model of explicit pictures learnt from.
enum class Views : unsigned char { kGray, kColour };

struct PictureViews {
  std::int32_t width = 0, height = 0;          ///< of the picture itself, in pixels
  std::array<std::uint8_t, 9 * 8> wide{};      ///< gray, 9 × 8
  std::array<std::uint8_t, 32 * 32> square{};  ///< gray, 32 × 32
  /// RGB, 224 × 224: the middle of the picture at 256 × 256, through JPEG. Empty for gray views.
  std::vector<std::uint8_t> colour;
};

/// Decodes a PNG, JPEG, WebP or TIFF (its first page) and makes it small, with the very pixels that Pillow's `resize`
/// has: Lanczos for gray, bilinear for colour. Transparency is ignored, as there.
///
/// Errors:  kInvalidArgument (broken, no picture), kResourceExhausted (64 million pixels), kUnavailable without
///          Leptonica, which comes with Tesseract; and those of `WorkerPool::parse`.
Result<PictureViews> view_picture(std::string_view bytes, Views views, WorkerPool& workers, Context& context);

}  // namespace millpond::extract
