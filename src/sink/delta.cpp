// A folder that readers of Delta tables read: one Parquet file, and a log of one version.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/arrow_status.h"
#include "millpond/registry.h"
#include "millpond/sink.h"
#include "sink/sink_file.h"
#include "sink/sink_folder.h"

namespace millpond::sink {
namespace {

using nlohmann::ordered_json;
constexpr const char* kPart = "part-00000.parquet";

Result<ordered_json> delta_fields(const arrow::FieldVector& fields);

/// Source: Delta's protocol, "Schema Serialization Format".
Result<ordered_json> delta_type(const arrow::Field& field) {
  using Id = arrow::Type;
  const arrow::DataType& type = *field.type();
  switch (type.id()) {
    case Id::BOOL: return ordered_json("boolean");
    case Id::INT32: return ordered_json("integer");
    case Id::INT64: return ordered_json("long");
    case Id::FLOAT: return ordered_json("float");
    case Id::DOUBLE: return ordered_json("double");
    case Id::STRING: return ordered_json("string");
    case Id::BINARY:
    case Id::FIXED_SIZE_BINARY: return ordered_json("binary");
    case Id::TIMESTAMP: return ordered_json("timestamp");
    case Id::DATE32: return ordered_json("date");
    case Id::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      return ordered_json("decimal(" + std::to_string(decimal.precision()) + "," + std::to_string(decimal.scale()) +
                          ")");
    }
    case Id::LIST: {
      MP_ASSIGN(ordered_json element, delta_type(*type.field(0)));
      return ordered_json{{"type", "array"}, {"elementType", std::move(element)}, {"containsNull", true}};
    }
    case Id::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      MP_ASSIGN(ordered_json key, delta_type(*map.key_field()));
      MP_ASSIGN(ordered_json value, delta_type(*map.item_field()));
      return ordered_json{
          {"type", "map"}, {"keyType", std::move(key)}, {"valueType", std::move(value)}, {"valueContainsNull", true}};
    }
    case Id::STRUCT: {
      MP_ASSIGN(ordered_json fields, delta_fields(type.fields()));
      return ordered_json{{"type", "struct"}, {"fields", std::move(fields)}};
    }
    default: break;
  }
  return unsupported("Delta has no type for column ", field.name(), ": ", type.ToString())
      .hint("Leave the column out, or export to Parquet.");
}

Result<ordered_json> delta_fields(const arrow::FieldVector& fields) {
  ordered_json out = ordered_json::array();
  for (const auto& field : fields) {
    MP_ASSIGN(ordered_json type, delta_type(*field));
    out.push_back(
        {{"name", field->name()}, {"type", std::move(type)}, {"nullable", true}, {"metadata", ordered_json::object()}});
  }
  return out;
}

/// Delta has no bytes of a fixed width.
Result<std::shared_ptr<arrow::Array>> as_binary(const arrow::Array& column) {
  const auto& fixed = static_cast<const arrow::FixedSizeBinaryArray&>(column);
  arrow::BinaryBuilder builder;
  for (std::int64_t row = 0; row < fixed.length(); ++row) {
    MP_TRY(from_arrow(fixed.IsNull(row) ? builder.AppendNull() : builder.Append(fixed.GetView(row))));
  }
  return from_arrow(builder.Finish());
}

class DeltaFolder final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema& schema) {
    std::unique_ptr<DeltaFolder> sink(new DeltaFolder);
    MP_ASSIGN(sink->fields_, delta_fields(schema->fields()));
    MP_ASSIGN(sink->folder_, SinkFolder::create(options));
    arrow::FieldVector fields;
    for (const auto& field : schema->fields()) {
      const bool fixed = field->type()->id() == arrow::Type::FIXED_SIZE_BINARY;
      fields.push_back(arrow::field(field->name(), fixed ? arrow::binary() : field->type()));
    }
    sink->schema_ = arrow::schema(fields);
    const SinkDef* parquet = find_sink("parquet");
    if (parquet == nullptr) return internal("there is no Parquet sink");
    MP_ASSIGN(const Options part,
              Options::resolve(parquet->options, {{"path", sink->folder_.working_path() + "/" + kPart}}));
    MP_ASSIGN(sink->rows_file_, parquet->make(part, sink->schema_));
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context& context) override {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (int i = 0; i < batch->num_columns(); ++i) {
      std::shared_ptr<arrow::Array> column = batch->column(i);
      if (column->type_id() == arrow::Type::FIXED_SIZE_BINARY) { MP_ASSIGN(column, as_binary(*column)); }
      columns.push_back(std::move(column));
    }
    rows_ += batch->num_rows();
    return rows_file_->write(arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns)), context);
  }

  Status commit(Context& context) override {
    MP_TRY(rows_file_->commit(context));
    const std::string log = folder_.working_path() + "/_delta_log";
    MP_TRY(pond::make_directories(log));
    MP_ASSIGN(const std::int64_t size_bytes, pond::file_size(folder_.working_path() + "/" + kPart));
    const std::int64_t now = pond::now_ms();
    const ordered_json schema = {{"type", "struct"}, {"fields", fields_}};
    const ordered_json lines[] = {
        {{"protocol", {{"minReaderVersion", 1}, {"minWriterVersion", 2}}}},
        {{"metaData",
          {{"id", pond::new_uuid()},
           {"format", {{"provider", "parquet"}, {"options", ordered_json::object()}}},
           {"schemaString", schema.dump()},
           {"partitionColumns", ordered_json::array()},
           {"configuration", ordered_json::object()},
           {"createdTime", now}}}},
        {{"add",
          {{"path", kPart},
           {"partitionValues", ordered_json::object()},
           {"size", size_bytes},
           {"modificationTime", now},
           {"dataChange", true},
           {"stats", ordered_json{{"numRecords", rows_}}.dump()}}}},
    };
    std::string text;
    for (const ordered_json& line : lines) text += line.dump() + '\n';
    MP_TRY(pond::write_file(log + "/00000000000000000000.json", text));
    return folder_.commit();
  }

 private:
  SinkFolder folder_;
  ordered_json fields_;
  ArrowSchema schema_;
  std::unique_ptr<Sink> rows_file_;
  std::int64_t rows_ = 0;
};

}  // namespace

MILLPOND_SINK(delta) = {
    .name = "delta",
    .summary = "A folder that readers of Delta tables read.",
    .options = {{"path", "", "The folder to make."}, {"replace", false, "Has no effect: a folder is never replaced."}},
    .make = DeltaFolder::make,
};

}  // namespace millpond::sink
