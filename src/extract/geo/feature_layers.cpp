#include "extract/geo/feature_layers.h"

#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

Result<std::string> reference_system(const SqliteFile& file, std::int64_t id) {
  if (id <= 0) return std::string();  // undefined, of planes or of the globe
  MP_ASSIGN(SqliteRows rows, file.query("select organization, organization_coordsys_id from gpkg_spatial_ref_sys "
                                        "where srs_id = cast(?1 as integer)",
                                        {std::to_string(id)}));
  MP_ASSIGN(const bool found, rows.next());
  if (!found) return std::string();
  std::string name = repair_utf8(rows.bytes(0));
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return name + ":" + std::to_string(rows.integer(1));
}

Status read_geometry(const SqliteFile& file, FeatureLayer& layer) {
  MP_ASSIGN(SqliteRows rows, file.query("select column_name, geometry_type_name from gpkg_geometry_columns where "
                                        "lower(table_name) = lower(?1)",
                                        {layer.table}));
  MP_ASSIGN(const bool found, rows.next());
  if (!found) return {};
  layer.geometry_column = rows.bytes(0);
  layer.geometry_kind = repair_utf8(rows.bytes(1));
  return {};
}

}  // namespace

Result<std::vector<FeatureLayer>> read_layers(const SqliteFile& file) {
  MP_ASSIGN(const bool package, file.has_table("gpkg_contents"));
  if (!package) return invalid("no GeoPackage: it has no table gpkg_contents");
  MP_ASSIGN(const bool shapes, file.has_table("gpkg_geometry_columns"));
  MP_ASSIGN(const bool systems, file.has_table("gpkg_spatial_ref_sys"));
  MP_ASSIGN(
      SqliteRows rows,
      file.query("select table_name, data_type, identifier, description, last_change, min_x, min_y, max_x, max_y, "
                 "srs_id from gpkg_contents order by table_name"));
  std::vector<FeatureLayer> layers;
  while (true) {
    MP_ASSIGN(const bool more, rows.next());
    if (!more) return layers;
    constexpr std::size_t kLayersMax = 10'000;
    if (layers.size() >= kLayersMax) return exhausted("GeoPackage: layers beyond ", kLayersMax);
    FeatureLayer layer{.table = std::string(rows.bytes(0)), .kind = repair_utf8(rows.bytes(1))};
    MP_ASSIGN(const bool there, file.has_table(layer.table));
    if (!there) continue;
    layer.title = repair_utf8(rows.bytes(2));
    layer.description = repair_utf8(rows.bytes(3));
    layer.changed = repair_utf8(rows.bytes(4));
    bool bounded = true;
    for (int column = 5; column < 9; ++column) bounded = bounded && rows.kind(column) != SqliteKind::kNull;
    if (bounded) layer.bounds = GeoBounds{rows.real(5), rows.real(6), rows.real(7), rows.real(8)};
    if (systems) { MP_ASSIGN(layer.reference_system, reference_system(file, rows.integer(9))); }
    if (shapes) MP_TRY(read_geometry(file, layer));
    layers.push_back(std::move(layer));
  }
}

std::string shown_value(const SqliteRows& rows, int column) {
  switch (rows.kind(column)) {
    case SqliteKind::kNull: return {};
    case SqliteKind::kInteger: return std::to_string(rows.integer(column));
    case SqliteKind::kReal: return shown_number(rows.real(column));
    case SqliteKind::kText: return repair_utf8(rows.bytes(column));
    case SqliteKind::kBlob: return std::to_string(rows.bytes(column).size()) + " bytes";
  }
  return {};
}

}  // namespace millpond::extract
