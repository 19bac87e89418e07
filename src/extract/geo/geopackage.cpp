// GeoPackages as documents: a table for each layer.

#include "extract/document_builder.h"
#include "extract/geo/feature_layers.h"
#include "millpond/extract/geo.h"

namespace millpond::extract {
namespace {

std::string shown_shape(std::string_view bytes) {
  const auto packaged = unwrap_shape(bytes);
  if (!packaged.ok()) return "?";
  const auto shape = read_shape(packaged->wkb);
  if (!shape.ok()) return "?";
  return shape->bounds ? shape->kind + " " + shown_bounds(*shape->bounds) : shape->kind + " (empty)";
}

/// A layer's rows; of large ones the first, so that a map of a million houses stays a document.
Status write_rows(const SqliteFile& file, const FeatureLayer& layer, DocumentBuilder& out) {
  constexpr std::size_t kRowsMax = 1000;
  MP_ASSIGN(SqliteRows rows,
            file.query("select * from " + sqlite_name(layer.table) + " limit " + std::to_string(kRowsMax + 1)));
  std::vector<std::vector<std::string>> table(1);
  for (int i = 0; i < rows.columns(); ++i) table[0].push_back(rows.name(i));
  while (table.size() <= kRowsMax) {
    MP_ASSIGN(const bool more, rows.next());
    if (!more) break;
    std::vector<std::string>& cells = table.emplace_back();
    for (int i = 0; i < rows.columns(); ++i) {
      const bool shape = rows.kind(i) == SqliteKind::kBlob && rows.name(i) == layer.geometry_column;
      cells.push_back(shape ? shown_shape(rows.bytes(i)) : shown_value(rows, i));
    }
  }
  if (table.size() > kRowsMax) {
    MP_ASSIGN(SqliteRows count, file.query("select count(*) from " + sqlite_name(layer.table)));
    MP_ASSIGN(const bool counted, count.next());
    if (counted && count.integer(0) > std::int64_t{kRowsMax}) {
      out.paragraph(std::to_string(count.integer(0)) + " rows, of which these are the first " +
                    std::to_string(kRowsMax) + ".");
    }
  }
  out.table(table, 1);
  return out.status();
}

}  // namespace

Result<Document> parse_geopackage(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const SqliteFile file, SqliteFile::over(bytes));
  MP_ASSIGN(const std::vector<FeatureLayer> layers, read_layers(file));
  DocumentBuilder out(limits);
  out.metadata("layers", std::to_string(layers.size()));
  for (const FeatureLayer& layer : layers) {
    out.title(1, layer.title.empty() ? layer.table : layer.title);
    out.paragraph(layer.description);
    std::string facts = layer.kind;
    if (!layer.geometry_kind.empty()) facts += ", " + layer.geometry_kind;
    if (!layer.reference_system.empty()) facts += ", " + layer.reference_system;
    if (layer.bounds) facts += ", bounds " + shown_bounds(*layer.bounds);
    out.paragraph(facts);
    if (layer.kind != "tiles") MP_TRY(write_rows(file, layer, out));
  }
  return out.finish();
}

}  // namespace millpond::extract
