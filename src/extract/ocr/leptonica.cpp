// Leptonica through its C interface: the declarations are ours, the library is loaded when needed.
#include "extract/ocr/leptonica.h"

#include <dlfcn.h>

#include <algorithm>
#include <memory>

#include "extract/picture_bytes.h"

namespace millpond::extract {
namespace {

struct Pix;

constexpr std::int64_t kPixelsMax = 100'000'000, kColourPixelsMax = 64'000'000;

struct Leptonica {
  Pix* (*read)(const unsigned char*, std::size_t) = nullptr;
  Pix* (*read_tiff)(const unsigned char*, std::size_t, int page) = nullptr;
  int (*header)(const unsigned char*, std::size_t, int* format, int* width, int* height, int* bps, int* spp,
                int* colors) = nullptr;
  Pix* (*remove_alpha)(Pix*) = nullptr;
  Pix* (*to_gray)(Pix*, int colors) = nullptr;
  void (*destroy)(Pix**) = nullptr;
  int (*size)(const Pix*, int* width, int* height, int* depth) = nullptr;
  std::uint32_t* (*data)(Pix*) = nullptr;
  int (*words)(const Pix*) = nullptr;
  int (*resolution)(const Pix*, int* x, int* y) = nullptr;
  int (*silence)(int) = nullptr;
  Pix* (*to_colour)(Pix*) = nullptr;
  Pix* (*scale)(Pix*, float across, float down) = nullptr;
  Pix* (*create)(int width, int height, int depth) = nullptr;
  int (*write_jpeg)(unsigned char** data, std::size_t* size, Pix*, int quality, int progressive) = nullptr;
  void (*free)(void*) = nullptr;
};

template <class Function>
bool load(void* library, const char* name, Function& to) {
  to = reinterpret_cast<Function>(::dlsym(library, name));
  return to != nullptr;
}

Result<Leptonica> load_leptonica() {
  void* library = ::dlopen("liblept.so.5", RTLD_NOW | RTLD_LOCAL);  // stays loaded
  if (library == nullptr) library = ::dlopen("libleptonica.so.6", RTLD_NOW | RTLD_LOCAL);
  Leptonica api;
  const bool all = library != nullptr && load(library, "pixReadMem", api.read) &&
                   load(library, "pixReadMemTiff", api.read_tiff) && load(library, "pixReadHeaderMem", api.header) &&
                   load(library, "pixRemoveAlpha", api.remove_alpha) && load(library, "pixConvertTo8", api.to_gray) &&
                   load(library, "pixDestroy", api.destroy) && load(library, "pixGetDimensions", api.size) &&
                   load(library, "pixGetData", api.data) && load(library, "pixGetWpl", api.words) &&
                   load(library, "pixGetResolution", api.resolution) && load(library, "setMsgSeverity", api.silence) &&
                   load(library, "pixConvertTo32", api.to_colour) && load(library, "pixCreate", api.create) &&
                   load(library, "pixScale", api.scale) && load(library, "pixWriteMemJpeg", api.write_jpeg) &&
                   load(library, "lept_free", api.free);
  if (!all) {
    return unavailable("pictures are read by Tesseract, which is not there: no liblept.so.5")
        .hint("Install it (Debian, Ubuntu: apt install tesseract-ocr).");
  }
  constexpr int kNoMessages = 6;
  api.silence(kNoMessages);
  return api;
}

struct Destroy {
  const Leptonica* api;
  void operator()(Pix* pix) const { api->destroy(&pix); }
};
using OwnedPix = std::unique_ptr<Pix, Destroy>;

/// The gray pixels of a picture of 8 bits; empty if it is none.
GrayImage pixels_of(const Leptonica& api, Pix* pix) {
  GrayImage out;
  int depth = 0;
  api.size(pix, &out.width, &out.height, &depth);
  if (depth != 8 || out.width < 1 || out.height < 1) return {};
  const std::uint32_t* words = api.data(pix);
  const int row_words = api.words(pix);
  out.pixels.resize(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height));
  std::uint8_t* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y, words += row_words) {
    for (int x = 0; x < out.width; ++x) *to++ = static_cast<std::uint8_t>(words[x / 4] >> (24 - 8 * (x % 4)));
  }
  return out;
}

Result<DecodedImage> gray(const Leptonica& api, Pix* read) {
  const OwnedPix pix(read, Destroy{&api});
  const OwnedPix opaque(api.remove_alpha(pix.get()), Destroy{&api});
  const OwnedPix flat(opaque ? api.to_gray(opaque.get(), 0) : nullptr, Destroy{&api});
  if (!flat) return invalid("the picture cannot be made gray");
  DecodedImage out;
  int depth = 0, across = 0, down = 0;
  api.size(flat.get(), &out.image.width, &out.image.height, &depth);
  if (depth != 8 || out.image.width < 1 || out.image.height < 1) return invalid("the picture has no pixels");
  if (std::int64_t{out.image.width} * out.image.height > kPixelsMax)
    return exhausted("the picture has more pixels than ", kPixelsMax);
  if (api.resolution(pix.get(), &across, &down) == 0 && across >= 50 && across <= 1200) out.dpi = across;
  out.image = pixels_of(api, flat.get());
  return out;
}

Status check(const Leptonica& api, std::string_view bytes, const Limits& limits, std::int64_t pixels_max) {
  if (picture_type(bytes).empty()) return invalid("not a PNG, JPEG, WebP or TIFF");
  if (std::int64_t(bytes.size()) > limits.input_bytes)
    return exhausted("the picture passes input_bytes: ", bytes.size());
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int format = 0, width = 0, height = 0, bits = 0, samples = 0, colors = 0;
  if (api.header(data, bytes.size(), &format, &width, &height, &bits, &samples, &colors) != 0 || width < 1 ||
      height < 1) {
    return invalid("the picture is broken").hint("Its header cannot be read.");
  }
  if (std::int64_t{width} * height > pixels_max) return exhausted("the picture has more pixels than ", pixels_max);
  return {};
}

}  // namespace

Result<std::vector<DecodedImage>> decode_image(std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(const Leptonica api, load_leptonica());
  MP_TRY(check(api, bytes, limits, kPixelsMax));
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::vector<DecodedImage> out;
  const bool tiff = picture_type(bytes) == "image/tiff";
  for (int page = 0; page == 0 || tiff; ++page) {
    if (page >= limits.pages) return exhausted("more pages than the limit of ", limits.pages);
    Pix* const pix = tiff ? api.read_tiff(data, bytes.size(), page) : api.read(data, bytes.size());
    if (pix == nullptr && page > 0) break;
    if (pix == nullptr) return invalid("the picture is broken");
    MP_ASSIGN(DecodedImage image, gray(api, pix));
    out.push_back(std::move(image));
  }
  return out;
}

Result<Raster> decode_colour(std::string_view bytes, const Limits& limits) {
  MP_ASSIGN(const Leptonica api, load_leptonica());
  MP_TRY(check(api, bytes, limits, kColourPixelsMax));
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  OwnedPix read(api.read(data, bytes.size()), Destroy{&api});
  if (!read) return invalid("the picture is broken");
  const OwnedPix pix(api.to_colour(read.get()), Destroy{&api});
  read.reset();
  Raster out;
  out.channels = 3;
  int depth = 0;
  if (!pix || api.size(pix.get(), &out.width, &out.height, &depth) != 0 || depth != 32 || out.width < 1 ||
      out.height < 1) {
    return invalid("the picture has no colours");
  }
  if (std::int64_t{out.width} * out.height > kColourPixelsMax)
    return exhausted("the picture has more pixels than ", kColourPixelsMax);
  const std::uint32_t* words = api.data(pix.get());
  const int row_words = api.words(pix.get());
  out.pixels.resize(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * 3);
  std::uint8_t* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y, words += row_words) {
    for (int x = 0; x < out.width; ++x, to += 3) {
      to[0] = static_cast<std::uint8_t>(words[x] >> 24);
      to[1] = static_cast<std::uint8_t>(words[x] >> 16);
      to[2] = static_cast<std::uint8_t>(words[x] >> 8);
    }
  }
  return out;
}

Result<GrayImage> scaled_part(const GrayImage& image, int x0, int y0, int x1, int y1, int height) {
  MP_ASSIGN(const Leptonica api, load_leptonica());
  const OwnedPix part(api.create(x1 - x0, y1 - y0, 8), Destroy{&api});
  if (!part) return internal("a picture cannot be made");
  std::uint32_t* words = api.data(part.get());
  const int row_words = api.words(part.get());
  for (int y = y0; y < y1; ++y, words += row_words) {
    const std::uint8_t* from = image.pixels.data() + std::size_t(y) * std::size_t(image.width) + x0;
    for (int x = 0; x < x1 - x0; ++x) words[x / 4] |= std::uint32_t{from[x]} << (24 - 8 * (x % 4));
  }
  const float factor = static_cast<float>(height) / static_cast<float>(y1 - y0);
  const OwnedPix scaled(api.scale(part.get(), factor, factor), Destroy{&api});
  GrayImage out = scaled ? pixels_of(api, scaled.get()) : GrayImage{};
  if (out.height != height) return internal("a picture cannot be scaled to a height of ", height);
  return out;
}

Result<std::string> encode_jpeg(const Raster& picture, int quality) {
  MP_ASSIGN(const Leptonica api, load_leptonica());
  const OwnedPix pix(api.create(picture.width, picture.height, 32), Destroy{&api});
  if (!pix || picture.channels != 3) return internal("a picture cannot be made");
  std::uint32_t* words = api.data(pix.get());
  const int row_words = api.words(pix.get());
  const std::uint8_t* from = picture.pixels.data();
  for (int y = 0; y < picture.height; ++y, words += row_words) {
    for (int x = 0; x < picture.width; ++x, from += 3) {
      words[x] = std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8;
    }
  }
  unsigned char* data = nullptr;
  std::size_t size = 0;
  if (api.write_jpeg(&data, &size, pix.get(), quality, 0) != 0 || data == nullptr) {
    return internal("Leptonica writes no JPEG");
  }
  std::string out(reinterpret_cast<const char*>(data), size);
  api.free(data);
  return out;
}

}  // namespace millpond::extract
