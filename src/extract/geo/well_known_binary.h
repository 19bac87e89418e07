#pragma once
// Shapes on the ground as Well-Known Binary.

#include <optional>
#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::extract {

struct GeoBounds {
  double x_min = 0, y_min = 0, x_max = 0, y_max = 0;
};

struct GeoShape {
  std::string kind;                 ///< "Point", "MultiPolygon" …; "Geometry" for what is not known
  std::optional<GeoBounds> bounds;  ///< none if it is empty
};

/// Looks at a shape without keeping its points. Errors: kDataCorrupt (cut off, nested deeper than 32).
/// Source: OGC 06-103r4, and ISO and extended forms with Z, M and a reference system.
Result<GeoShape> read_shape(std::string_view wkb);

/// A shape as a GeoPackage keeps it: behind a header.
struct PackagedShape {
  std::string_view wkb;
  int srs_id = 0;
};
/// Errors: kDataCorrupt. Source: OGC 12-128r18, 2.1.3
Result<PackagedShape> unwrap_shape(std::string_view bytes);

/// In the shortest form that reads back the same, without an exponent where that is not too long.
std::string shown_number(double value);
/// "x_min y_min x_max y_max"
std::string shown_bounds(const GeoBounds& bounds);

}  // namespace millpond::extract
