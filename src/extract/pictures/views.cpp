#include "extract/pictures/views.h"

#include <cstring>

#include "extract/ocr/leptonica.h"
#include "extract/pictures/resample.h"
#include "millpond/extract/picture_views.h"

namespace millpond::extract {
namespace {

constexpr int kLarge = 256, kMiddle = 224, kJpegQuality = 75;

/// The middle of the picture as the model saw pictures in training: squeezed to a square, and through JPEG.
Result<std::vector<std::uint8_t>> colour_view(const Raster& picture, const Limits& limits) {
  MP_ASSIGN(const std::string jpeg, encode_jpeg(resample(picture, kLarge, kLarge, Filter::kBilinear), kJpegQuality));
  MP_ASSIGN(const Raster decoded, decode_colour(jpeg, limits));
  if (decoded.width != kLarge || decoded.height != kLarge) return internal("a JPEG of another size came back");
  std::vector<std::uint8_t> out;
  constexpr std::size_t kSkip = (kLarge - kMiddle) / 2;
  for (std::size_t y = kSkip; y < kSkip + kMiddle; ++y) {
    const auto row = decoded.pixels.begin() + static_cast<std::ptrdiff_t>((y * kLarge + kSkip) * 3);
    out.insert(out.end(), row, row + kMiddle * 3);
  }
  return out;
}

}  // namespace

Result<Document> make_views(std::string_view bytes, bool colour, const Limits& limits) {
  MP_ASSIGN(const Raster picture, decode_colour(bytes, limits));
  Document document;
  Picture& views = document.pictures.emplace_back();
  const auto put = [&](const void* data, std::size_t size) {
    views.bytes.append(static_cast<const char*>(data), size);
  };
  const std::int32_t size[] = {picture.width, picture.height};
  put(size, sizeof size);
  if (colour) {
    MP_ASSIGN(const auto pixels, colour_view(picture, limits));
    put(pixels.data(), pixels.size());
    return document;
  }
  const Raster gray = to_gray(picture);
  const Raster wide = resample(gray, 9, 8, Filter::kLanczos), square = resample(gray, 32, 32, Filter::kLanczos);
  put(wide.pixels.data(), wide.pixels.size());
  put(square.pixels.data(), square.pixels.size());
  return document;
}

Result<PictureViews> view_picture(std::string_view bytes, Views views, WorkerPool& workers, Context& context) {
  const bool colour = views == Views::kColour;
  const ParseRequest request{.media_type = colour ? kColourView : kGrayViews, .path = {}, .bytes = bytes, .sha256 = {}};
  MP_ASSIGN(const EncodedDocument answer, workers.parse(request, Limits{}, context));
  PictureViews out;
  const std::size_t pixels = colour ? std::size_t{kMiddle} * kMiddle * 3 : out.wide.size() + out.square.size();
  if (answer.pictures.size() != 1 || answer.pictures[0].bytes.size() != 8 + pixels) {
    return corrupt("a worker answered with other views than it was asked for");
  }
  const char* data = answer.pictures[0].bytes.data();
  std::memcpy(&out.width, data, 4);
  std::memcpy(&out.height, data + 4, 4);
  if (colour) {
    out.colour.assign(data + 8, data + 8 + pixels);
  } else {
    std::memcpy(out.wide.data(), data + 8, out.wide.size());
    std::memcpy(out.square.data(), data + 8 + out.wide.size(), out.square.size());
  }
  return out;
}

}  // namespace millpond::extract
