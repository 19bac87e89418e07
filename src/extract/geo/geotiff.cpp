// TIFFs that say where on the ground they lie.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

#include "extract/document_builder.h"
#include "extract/geo/well_known_binary.h"
#include "extract/text/encoding.h"
#include "millpond/extract/geo.h"
#include "millpond/extract/image.h"

namespace millpond::extract {
namespace {

enum Tag : unsigned {
  kWidth = 256,
  kHeight = 257,
  kBits = 258,
  kCompression = 259,
  kDescription = 270,
  kSamples = 277,
  kSoftware = 305,
  kDateTime = 306,
  kSampleFormat = 339,
  kPixelScale = 33550,
  kTiepoints = 33922,
  kTransformation = 34264,
  kGeoKeys = 34735,
  kGeoDoubles = 34736,
  kGeoTexts = 34737,
  kMetadata = 42112,
  kNoData = 42113
};

/// A field of the directory: its values are read when they are asked for.
struct TiffField {
  unsigned type = 0;
  std::uint64_t count = 0, at = 0;  // of the values, in the file
};

/// The first directory of a TIFF or BigTIFF.
class TiffDirectory {
 public:
  static Result<TiffDirectory> read(std::string_view bytes) {
    TiffDirectory made(bytes);
    MP_TRY(made.read());
    return made;
  }

  bool has(unsigned tag) const { return fields_.count(tag) > 0; }
  int images() const { return images_; }

  /// Whole numbers and fractions alike; 0 beyond the last.
  double value(unsigned tag, std::uint64_t at) const {
    const auto field = fields_.find(tag);
    if (field == fields_.end() || at >= field->second.count) return 0;
    const std::size_t width = width_of(field->second.type);
    const std::uint64_t place = field->second.at + at * width;
    if (field->second.type == 12 || field->second.type == 11) return real(place, width);
    return static_cast<double>(number(place, width));
  }
  std::uint64_t count(unsigned tag) const {
    const auto field = fields_.find(tag);
    return field == fields_.end() ? 0 : field->second.count;
  }
  std::string text(unsigned tag) const {
    const auto field = fields_.find(tag);
    if (field == fields_.end() || field->second.type != 2) return {};
    const std::string_view all = bytes_.substr(field->second.at, field->second.count);
    return repair_utf8(all.substr(0, all.find('\0')));
  }

 private:
  explicit TiffDirectory(std::string_view bytes) : bytes_(bytes) {}

  static std::size_t width_of(unsigned type) {
    constexpr std::array<std::size_t, 19> kWidths = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < kWidths.size() ? kWidths[type] : 0;
  }

  std::uint64_t number(std::uint64_t at, std::size_t width) const {
    if (at > bytes_.size() || bytes_.size() - at < width) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at + (little_ ? width - 1 - i : i)]);
    }
    return value;
  }

  double real(std::uint64_t at, std::size_t width) const {
    const std::uint64_t raw = number(at, width);
    if (width == 4) {
      const auto narrow = static_cast<std::uint32_t>(raw);
      float value = 0;
      std::memcpy(&value, &narrow, 4);
      return value;
    }
    double value = 0;
    std::memcpy(&value, &raw, 8);
    return value;
  }

  Status read() {
    if (bytes_.size() < 16) return invalid("no TIFF: too short");
    little_ = bytes_.starts_with("II");
    if (!little_ && !bytes_.starts_with("MM")) return invalid("no TIFF");
    const std::uint64_t version = number(2, 2);
    if (version != 42 && version != 43) return invalid("no TIFF: version ", version);
    const bool big = version == 43;
    std::uint64_t at = big ? number(8, 8) : number(4, 4);
    constexpr int kImagesMax = 1000;  // also where directories run in a circle
    while (at != 0 && images_ < kImagesMax) {
      const std::size_t head = big ? 8 : 2, entry = big ? 20 : 12, offset = big ? 8 : 4;
      if (at > bytes_.size() || bytes_.size() - at < head) return corrupt("TIFF: a directory lies outside: ", at);
      const std::uint64_t count = number(at, head);
      if ((bytes_.size() - at - head) / entry < count) return corrupt("TIFF: a directory is cut off: ", at);
      for (std::uint64_t i = 0; images_ == 0 && i < count; ++i) take(at + head + i * entry, offset);
      ++images_;
      at = number(at + head + count * entry, offset);
    }
    return images_ == 0 ? Status(corrupt("TIFF without a directory")) : Status();
  }

  void take(std::uint64_t at, std::size_t offset) {
    TiffField field{.type = static_cast<unsigned>(number(at + 2, 2)), .count = number(at + 4, offset)};
    const std::size_t width = width_of(field.type);
    if (width == 0 || field.count > bytes_.size()) return;
    const std::uint64_t size = field.count * width, value = at + 4 + offset;
    field.at = size <= offset ? value : number(value, offset);
    if (field.at > bytes_.size() || bytes_.size() - field.at < size) return;
    fields_.emplace(static_cast<unsigned>(number(at, 2)), field);
  }

  std::string_view bytes_;
  bool little_ = true;
  int images_ = 0;
  std::map<unsigned, TiffField> fields_;
};

/// What the keys of a GeoTIFF say.
struct GeoKeys {
  std::string reference_system, citation;
  bool points = false;  // a pixel stands for its middle
};

GeoKeys read_keys(const TiffDirectory& tiff) {
  GeoKeys keys;
  const auto at = [&](std::uint64_t i) { return static_cast<unsigned>(tiff.value(kGeoKeys, i)); };
  const std::string texts = tiff.text(kGeoTexts);
  const std::uint64_t count = std::min<std::uint64_t>(at(3), tiff.count(kGeoKeys) / 4);
  constexpr unsigned kRasterType = 1025, kCitation = 1026, kGeographic = 2048, kGeographicCitation = 2049,
                     kProjected = 3072, kProjectedCitation = 3073, kUserDefined = 32767;
  unsigned geographic = 0, projected = 0;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const unsigned id = at(4 * i), place = at(4 * i + 1), size = at(4 * i + 2), value = at(4 * i + 3);
    if (id == kRasterType) keys.points = value == 2;
    if (id == kGeographic) geographic = value;
    if (id == kProjected) projected = value;
    const bool names = id == kCitation || id == kGeographicCitation || id == kProjectedCitation;
    if (names && place == kGeoTexts && value <= texts.size() && (keys.citation.empty() || id == kProjectedCitation)) {
      keys.citation = texts.substr(value, size);
      while (!keys.citation.empty() && keys.citation.back() == '|') keys.citation.pop_back();
    }
  }
  const unsigned code = projected != 0 && projected != kUserDefined ? projected : projected == 0 ? geographic : 0;
  if (code != 0 && code != kUserDefined) keys.reference_system = "EPSG:" + std::to_string(code);
  return keys;
}

std::optional<GeoBounds> bounds_of(const TiffDirectory& tiff, bool points) {
  const double width = tiff.value(kWidth, 0), height = tiff.value(kHeight, 0), shift = points ? -0.5 : 0;
  std::array<double, 6> to{};  // x = 0·column + 1·row + 2, y = 3·column + 4·row + 5
  if (tiff.count(kTransformation) >= 16) {
    for (std::size_t i = 0; i < 3; ++i) {
      constexpr std::array<std::uint64_t, 3> kColumns = {0, 1, 3};
      to[i] = tiff.value(kTransformation, kColumns[i]), to[3 + i] = tiff.value(kTransformation, 4 + kColumns[i]);
    }
  } else if (tiff.count(kPixelScale) >= 2 && tiff.count(kTiepoints) >= 6) {
    const double x = tiff.value(kPixelScale, 0), y = tiff.value(kPixelScale, 1);
    to = {x, 0,  tiff.value(kTiepoints, 3) - x * tiff.value(kTiepoints, 0),
          0, -y, tiff.value(kTiepoints, 4) + y * tiff.value(kTiepoints, 1)};
  } else {
    return std::nullopt;
  }
  std::optional<GeoBounds> bounds;
  for (const double column : {shift, width + shift}) {
    for (const double row : {shift, height + shift}) {
      const double x = to[0] * column + to[1] * row + to[2], y = to[3] * column + to[4] * row + to[5];
      if (!std::isfinite(x) || !std::isfinite(y)) return std::nullopt;
      if (!bounds) bounds = GeoBounds{x, y, x, y};
      bounds = GeoBounds{std::min(bounds->x_min, x), std::min(bounds->y_min, y), std::max(bounds->x_max, x),
                         std::max(bounds->y_max, y)};
    }
  }
  return bounds;
}

std::string pixel_type(const TiffDirectory& tiff) {
  const auto format = static_cast<unsigned>(tiff.has(kSampleFormat) ? tiff.value(kSampleFormat, 0) : 1);
  const char* const kind = format == 2 ? "int" : format == 3 ? "float" : format == 1 ? "uint" : "other";
  return kind + shown_number(tiff.has(kBits) ? tiff.value(kBits, 0) : 1);
}

std::string compression(unsigned code) {
  switch (code) {
    case 1: return "none";
    case 5: return "LZW";
    case 7: return "JPEG";
    case 8:
    case 32946: return "Deflate";
    case 32773: return "PackBits";
    case 34925: return "LZMA";
    case 50000: return "Zstandard";
    case 50001: return "WebP";
    default: return std::to_string(code);
  }
}

Result<Document> write(const TiffDirectory& tiff, const Limits& limits) {
  const GeoKeys keys = read_keys(tiff);
  DocumentBuilder out(limits);
  std::vector<std::vector<std::string>> rows{{"property", "value"}};
  const auto say = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    rows.push_back({std::string(name), value});
    out.metadata(name, value);
  };
  say("reference_system", keys.reference_system);
  say("reference_system_name", keys.citation);
  if (const auto bounds = bounds_of(tiff, keys.points)) { say("bounds", shown_bounds(*bounds)); }
  if (tiff.count(kPixelScale) >= 2)
    say("pixel_size", shown_number(tiff.value(kPixelScale, 0)) + " " + shown_number(tiff.value(kPixelScale, 1)));
  say("pixel_is", keys.points ? "point" : "area");
  say("width", shown_number(tiff.value(kWidth, 0)));
  say("height", shown_number(tiff.value(kHeight, 0)));
  say("bands", shown_number(tiff.has(kSamples) ? tiff.value(kSamples, 0) : 1));
  say("pixel_type", pixel_type(tiff));
  say("no_data", tiff.text(kNoData));
  say("compression", compression(static_cast<unsigned>(tiff.has(kCompression) ? tiff.value(kCompression, 0) : 1)));
  say("images", std::to_string(tiff.images()));
  say("created", tiff.text(kDateTime));
  say("software", tiff.text(kSoftware));
  out.table(rows, 1);
  out.paragraph(tiff.text(kDescription));
  if (const std::string more = tiff.text(kMetadata); !more.empty()) out.code(more);
  return out.finish();
}

}  // namespace

Result<Document> parse_tiff(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  const auto tiff = TiffDirectory::read(bytes);
  if (!tiff.ok() || !tiff->has(kGeoKeys)) return parse_image(bytes, limits);
  return write(*tiff, limits);
}

}  // namespace millpond::extract
