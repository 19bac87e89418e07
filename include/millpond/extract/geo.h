#pragma once
// Maps and pictures of the ground.

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a GeoPackage: a heading for each layer with its kind, reference system and bounds, and its rows as a table;
/// shapes as their kind and bounds. `read_features` has all rows, with the shapes.
///
/// Shape:   of layers with more than 1,000 rows the first ones. Tiles are not shown.
/// Errors:  kInvalidArgument (no SQLite file, no GeoPackage), kDataCorrupt.
/// Threads: any.
/// Source:  OGC 12-128r18
Result<Document> parse_geopackage(std::string_view bytes, const Limits& limits);

/// Parses a TIFF that says where on the ground it lies: size, bands, reference system, bounds and tags as a table and
/// as metadata. Any other TIFF is read by OCR, as `parse_image` does.
///
/// Errors:  kInvalidArgument (broken), and those of `parse_image`.
/// Threads: as `parse_image`.
/// Source:  OGC 19-008r4 (GeoTIFF 1.1), TIFF 6.0, BigTIFF
Result<Document> parse_tiff(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
