#include "extract/geo/well_known_binary.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace millpond::extract {
namespace {

constexpr int kDepthMax = 32;
constexpr std::array<std::string_view, 8> kKinds = {
    "Geometry",   "Point",           "LineString",   "Polygon",
    "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"};

class ShapeReader {
 public:
  explicit ShapeReader(std::string_view bytes) : bytes_(bytes) {}

  Result<GeoShape> read() {
    GeoShape shape;
    MP_TRY(geometry(shape, 0));
    return shape;
  }

 private:
  Result<std::uint32_t> number() {
    if (bytes_.size() - at_ < 4) return corrupt("WKB is cut off at ", at_);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      value |= std::uint32_t{static_cast<unsigned char>(bytes_[at_ + (little_ ? i : 3 - i)])} << (8 * i);
    }
    at_ += 4;
    return value;
  }

  double real(std::size_t at) const {
    std::array<char, 8> raw{};
    for (std::size_t i = 0; i < 8; ++i) raw[i] = bytes_[at + (little_ ? i : 7 - i)];
    double value = 0;
    std::memcpy(&value, raw.data(), 8);  // of a little-endian machine, as all that this runs on
    return value;
  }

  Status points(std::uint32_t count, std::size_t width, GeoShape& shape) {
    if ((bytes_.size() - at_) / width < count) return corrupt("WKB is cut off at ", at_);
    for (std::uint32_t i = 0; i < count; ++i, at_ += width) {
      const double x = real(at_), y = real(at_ + 8);
      if (!std::isfinite(x) || !std::isfinite(y)) continue;  // an empty point
      if (!shape.bounds) shape.bounds = GeoBounds{x, y, x, y};
      GeoBounds& bounds = *shape.bounds;
      bounds = {std::min(bounds.x_min, x), std::min(bounds.y_min, y), std::max(bounds.x_max, x),
                std::max(bounds.y_max, y)};
    }
    return {};
  }

  Status geometry(GeoShape& shape, int depth) {
    if (depth > kDepthMax) return corrupt("WKB is nested too deep");
    if (at_ >= bytes_.size()) return corrupt("WKB is cut off at ", at_);
    little_ = bytes_[at_++] != 0;
    MP_ASSIGN(const std::uint32_t code, number());
    constexpr std::uint32_t kZ = 0x80000000, kM = 0x40000000, kReference = 0x20000000;
    if ((code & kReference) != 0) MP_TRY(number().status());
    const std::uint32_t plain = code & 0x0FFFFFFF, kind = plain % 1000, form = plain / 1000;
    const bool z = (code & kZ) != 0 || form == 1 || form == 3, m = (code & kM) != 0 || form == 2 || form == 3;
    const std::size_t width = 16 + (z ? 8 : 0) + (m ? 8 : 0);
    if (depth == 0) shape.kind = kKinds[kind < kKinds.size() ? kind : 0];
    if (kind == 1) return points(1, width, shape);
    if (kind == 0 || kind >= kKinds.size()) return corrupt("WKB of an unknown kind: ", code);
    MP_ASSIGN(const std::uint32_t count, number());
    if (kind == 2) return points(count, width, shape);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (kind == 3) {
        MP_ASSIGN(const std::uint32_t ring, number());
        MP_TRY(points(ring, width, shape));
      } else {
        MP_TRY(geometry(shape, depth + 1));
      }
    }
    return {};
  }

  const std::string_view bytes_;
  std::size_t at_ = 0;
  bool little_ = true;
};

}  // namespace

Result<GeoShape> read_shape(std::string_view wkb) { return ShapeReader(wkb).read(); }

std::string shown_number(double value) {
  char out[64];
  const bool plain = value == 0 || (std::abs(value) >= 1e-6 && std::abs(value) < 1e15);
  const auto done =
      std::to_chars(out, out + sizeof out, value, plain ? std::chars_format::fixed : std::chars_format::general);
  return {out, done.ptr};
}

std::string shown_bounds(const GeoBounds& bounds) {
  return shown_number(bounds.x_min) + " " + shown_number(bounds.y_min) + " " + shown_number(bounds.x_max) + " " +
         shown_number(bounds.y_max);
}

Result<PackagedShape> unwrap_shape(std::string_view bytes) {
  constexpr std::size_t kHeaderBytes = 8;
  if (bytes.size() < kHeaderBytes || !bytes.starts_with("GP")) return corrupt("not a shape of a GeoPackage");
  const auto flags = static_cast<unsigned char>(bytes[3]);
  const bool little = (flags & 1) != 0;
  std::uint32_t srs = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    srs |= std::uint32_t{static_cast<unsigned char>(bytes[4 + (little ? i : 3 - i)])} << (8 * i);
  }
  constexpr std::array<std::size_t, 5> kEnvelopes = {0, 32, 48, 48, 64};
  const unsigned envelope = flags >> 1 & 7;
  if (envelope >= kEnvelopes.size() || bytes.size() < kHeaderBytes + kEnvelopes[envelope]) {
    return corrupt("a shape of a GeoPackage with a broken header: ", flags);
  }
  return PackagedShape{bytes.substr(kHeaderBytes + kEnvelopes[envelope]), static_cast<int>(srs)};
}

}  // namespace millpond::extract
