// The step that makes a row of each feature of a GeoPackage.

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <algorithm>

#include "core/arrow_status.h"
#include "extract/geo/feature_layers.h"
#include "extract/recordings/recording.h"
#include "extract/records/cutter.h"
#include "extract/text/encoding.h"
#include "millpond/expander.h"

namespace millpond::extract {
namespace {

void append_text(std::string& record, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  record.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
}

/// Rows of the layers as records: layer, reference system, shape, then names and values.
class FeatureCutter final : public Cutter {
 public:
  FeatureCutter(SqliteFile file, std::vector<FeatureLayer> layers)
      : file_(std::move(file)), layers_(std::move(layers)) {}

  Result<std::optional<Cut>> next() override {
    while (true) {
      if (!rows_) {
        if (layer_ == layers_.size()) return std::optional<Cut>();
        MP_ASSIGN(SqliteRows rows, file_.query("select * from " + sqlite_name(layers_[layer_].table)));
        rows_.emplace(std::move(rows));
      }
      MP_ASSIGN(const bool more, rows_->next());
      if (!more) {
        rows_.reset();
        ++layer_;
        continue;
      }
      write(layers_[layer_]);
      return std::optional<Cut>(Cut{record_, ++number_, {}});
    }
  }

 private:
  void write(const FeatureLayer& layer) {
    record_.clear();
    append_text(record_, repair_utf8(layer.table));
    append_text(record_, layer.reference_system);
    std::string_view shape;
    for (int i = 0; i < rows_->columns(); ++i) {
      if (rows_->kind(i) == SqliteKind::kBlob && rows_->name(i) == layer.geometry_column) shape = rows_->bytes(i);
    }
    append_text(record_, shape);
    for (int i = 0; i < rows_->columns(); ++i) {
      if (rows_->kind(i) == SqliteKind::kNull || rows_->name(i) == layer.geometry_column) continue;
      append_text(record_, repair_utf8(rows_->name(i)));
      append_text(record_, shown_value(*rows_, i));
    }
  }

  const SqliteFile file_;
  const std::vector<FeatureLayer> layers_;
  std::optional<SqliteRows> rows_;
  std::size_t layer_ = 0;
  std::string record_;
  std::int64_t number_ = 0;
};

class ReadFeatures final : public Expander {
 public:
  explicit ReadFeatures(std::vector<std::string> layers) : wanted_(std::move(layers)) {}

  Result<std::unique_ptr<Stream>> open(const Input& in, std::int64_t row, Context&) override {
    MP_ASSIGN(SqliteFile file, SqliteFile::open(std::string(in.utf8("path")[row])));
    MP_ASSIGN(std::vector<FeatureLayer> layers, read_layers(file));
    std::erase_if(layers, [&](const FeatureLayer& layer) {
      const bool wanted = wanted_.empty() || std::find(wanted_.begin(), wanted_.end(), layer.table) != wanted_.end();
      return !wanted || layer.kind == "tiles";
    });
    return stream_of_cuts(std::make_unique<FeatureCutter>(std::move(file), std::move(layers)), "features");
  }

  Status process(const Input& in, Output& out, Context& context) override {
    if (!in.has(kExpandedNumber)) return invalid("has to be the first step of its table");
    const Utf8Column errors = in.utf8(kExpandedError), records = in.binary(kExpandedRecord);
    const NumberColumn<std::int64_t> numbers = in.int64(kExpandedNumber);
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 256 == 0) MP_TRY(context.check());
      if (!errors.null(row)) {
        const Status why = expanded_status(errors[row]);
        out.reject(row, why.code(), why.message());
        continue;
      }
      MP_TRY(emit(row, numbers[row], records[row], out));
    }
    return {};
  }

 private:
  static Status emit(std::int64_t row, std::int64_t number, std::string_view record, Output& out) {
    RecordFieldReader fields(record);
    const std::string_view layer = fields.text(), system = fields.text(), packaged = fields.text();
    std::string_view wkb;
    GeoShape shape;
    if (!packaged.empty()) {
      const auto unwrapped = unwrap_shape(packaged);
      if (!unwrapped.ok()) {
        out.reject(row, unwrapped.status().code(), unwrapped.status().message());
        return {};
      }
      auto read = read_shape(unwrapped->wkb);
      if (!read.ok()) {
        out.reject(row, read.status().code(), read.status().message());
        return {};
      }
      wkb = unwrapped->wkb;
      shape = *std::move(read);
    }
    Row made = out.emit(row);
    made.set("layer", layer).set("feature", number);
    if (!system.empty()) made.set("reference_system", system);
    if (!wkb.empty()) made.set("geometry", wkb).set("geometry_kind", shape.kind);
    if (shape.bounds) {
      made.set("x_min", shape.bounds->x_min).set("y_min", shape.bounds->y_min);
      made.set("x_max", shape.bounds->x_max).set("y_max", shape.bounds->y_max);
    }
    auto* map = dynamic_cast<arrow::MapBuilder*>(out.builder("attributes"));
    if (map == nullptr) return internal("the builder of `attributes` is not one of a map");
    auto* keys = static_cast<arrow::StringBuilder*>(map->key_builder());
    auto* items = static_cast<arrow::StringBuilder*>(map->item_builder());
    arrow::Status status = map->Append();
    std::string text;
    while (!fields.rest().empty()) {
      const std::string_view name = fields.text(), value = fields.text();
      status &= keys->Append(name);
      status &= items->Append(value);
      text.append(text.empty() ? "" : "\n").append(name).append(": ").append(value);
    }
    made.set("text", text);
    return from_arrow(status);
  }

  const std::vector<std::string> wanted_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  return std::make_unique<ReadFeatures>(options.list("layers"));
}

}  // namespace

MILLPOND_OPERATOR(read_features) = {
    .name = "read_features",
    .summary = "Reads GeoPackages into a row for each feature: its attributes, its shape (WKB) and the shape's bounds.",
    .version = 1,
    .reads = {{"sha256", utf8()}},
    .adds = {{"layer", utf8()},
             {"feature", int64()},
             {"text", utf8()},
             {"attributes", map(utf8(), utf8())},
             {"geometry", binary()},
             {"geometry_kind", utf8()},
             {"reference_system", utf8()},
             {"x_min", float64()},
             {"y_min", float64()},
             {"x_max", float64()},
             {"y_max", float64()}},
    .locates = {{"path", utf8()}},
    .options = {{"layers", std::vector<std::string>{}, "Only these tables; empty: all of features and attributes."}},
    .make = make,
};

}  // namespace millpond::extract
