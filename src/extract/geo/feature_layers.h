#pragma once
// The layers of a GeoPackage and their rows.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "extract/geo/well_known_binary.h"
#include "extract/sqlite/sqlite_file.h"

namespace millpond::extract {

struct FeatureLayer {
  std::string table, kind;  ///< "features", "attributes", "tiles"
  std::string title, description, changed;
  std::string geometry_column, geometry_kind;
  std::string reference_system;     ///< "EPSG:4326"; empty if there is none
  std::optional<GeoBounds> bounds;  ///< as the package states them
};

/// Layers whose table is not there are left out. Errors: kInvalidArgument (no GeoPackage), kDataCorrupt.
Result<std::vector<FeatureLayer>> read_layers(const SqliteFile& file);

/// A column's value as text: numbers in their shortest form, bytes as their number.
std::string shown_value(const SqliteRows& rows, int column);

}  // namespace millpond::extract
