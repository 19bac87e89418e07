// Perceptual hashes of pictures.

#include "millpond/extract/image_hash.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "millpond/blob_column.h"
#include "millpond/extract/picture_views.h"
#include "millpond/operator.h"

namespace millpond::extract {
namespace {

constexpr std::int64_t kPictureBytesMax = std::int64_t{256} << 20;
constexpr double kPi = 3.14159265358979323846;
constexpr std::size_t kSide = 32, kLow = 8;

/// cos(pi k (2 n + 1) / 64) for the eight lowest frequencies.
std::array<double, kLow * kSide> cosines() {
  std::array<double, kLow * kSide> out{};
  for (std::size_t k = 0; k < kLow; ++k) {
    for (std::size_t n = 0; n < kSide; ++n) {
      out[k * kSide + n] = std::cos(kPi * static_cast<double>(k * (2 * n + 1)) / (2 * kSide));
    }
  }
  return out;
}

class ImageHash final : public Operator {
 public:
  Status process(const Input& in, Output& out, Context& context) override {
    const auto workers = context.service<WorkerPool>();
    const auto blobs = context.service<Blobs>();
    MP_ASSIGN(const BlobColumn pictures, BlobColumn::of(in, "picture"));
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      if (pictures.null(row)) {
        out.reject(row, Code::kInvalidArgument, "picture is null");
        continue;
      }
      const auto bytes = blobs->get(pictures[row], kPictureBytesMax);
      const auto views = bytes.ok() ? view_picture(*bytes, Views::kGray, *workers, context)
                                    : Result<PictureViews>(Status(bytes.status()));
      MP_TRY(context.check());
      if (!views.ok() && views.status().code() == Code::kUnavailable) return views.status();
      if (!views.ok()) {
        out.reject(row, views.status().code(), views.status().message());
        continue;
      }
      Row made = out.emit(row);
      made.set("width", views->width).set("height", views->height);
      made.set("pixels", std::int64_t{views->width} * views->height);
      const auto [darkest, lightest] = std::minmax_element(views->square.begin(), views->square.end());
      if (*darkest == *lightest) continue;
      made.set("phash", static_cast<std::int64_t>(phash(views->square)));
      made.set("dhash", static_cast<std::int64_t>(dhash(views->wide)));
    }
    return {};
  }
};

}  // namespace

std::uint64_t dhash(const std::array<std::uint8_t, 9 * 8>& gray) {
  std::uint64_t bits = 0;
  for (std::size_t y = 0; y < 8; ++y) {
    for (std::size_t x = 0; x < 8; ++x) bits = bits << 1 | (gray[y * 9 + x + 1] > gray[y * 9 + x] ? 1U : 0U);
  }
  return bits;
}

std::uint64_t phash(const std::array<std::uint8_t, 32 * 32>& gray) {
  static const auto kCosines = cosines();
  std::array<double, kLow * kSide> columns{};  // frequencies down, pixels across
  for (std::size_t k = 0; k < kLow; ++k) {
    for (std::size_t y = 0; y < kSide; ++y) {
      for (std::size_t x = 0; x < kSide; ++x)
        columns[k * kSide + x] += 2 * gray[y * kSide + x] * kCosines[k * kSide + y];
    }
  }
  std::array<double, kLow * kLow> low{};
  for (std::size_t i = 0; i < low.size(); ++i) {
    for (std::size_t x = 0; x < kSide; ++x) {
      low[i] += 2 * columns[i / kLow * kSide + x] * kCosines[i % kLow * kSide + x];
    }
  }
  std::array<double, kLow * kLow> sorted = low;
  std::sort(sorted.begin(), sorted.end());
  const double median = (sorted[31] + sorted[32]) / 2;
  std::uint64_t bits = 0;
  for (const double value : low) bits = bits << 1 | (value > median ? 1U : 0U);
  return bits;
}

}  // namespace millpond::extract

MILLPOND_OPERATOR(image_hash) = {
    .name = "image_hash",
    .summary =
        "Perceptual hashes of a picture, which differ in few bits for pictures that look alike, and its size in "
        "pixels; no hashes for a picture of one colour.",
    .version = 1,
    .reads = {{"picture", millpond::blob()}},
    .adds = {{"phash", millpond::int64()},
             {"dhash", millpond::int64()},
             {"width", millpond::int32()},
             {"height", millpond::int32()},
             {"pixels", millpond::int64()}},
    .options = {},
    .make = [](const millpond::Options&) { return std::make_unique<millpond::extract::ImageHash>(); },
    .costly = true,
};
