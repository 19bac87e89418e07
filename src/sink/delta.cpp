// A folder that readers of Delta tables read: one Parquet file, and a log of one version.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/arrow_status.h"
#include "millpond/registry.h"
#include "millpond/schema.h"
#include "millpond/sink.h"
#include "sink/sink_file.h"
#include "sink/sink_folder.h"

namespace millpond::sink {
namespace {

using nlohmann::ordered_json;
constexpr const char* kPart = "part-00000.parquet";

ordered_json delta_fields(const Schema& schema);

/// Source: Delta's protocol, "Schema Serialization Format".
ordered_json delta_type(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kBool: return "boolean";
    case Type::Kind::kInt32: return "integer";
    case Type::Kind::kInt64: return "long";
    case Type::Kind::kFloat32: return "float";
    case Type::Kind::kFloat64: return "double";
    case Type::Kind::kUtf8: return "string";
    case Type::Kind::kBinary:
    case Type::Kind::kFixed: return "binary";
    case Type::Kind::kTimestamp: return "timestamp";
    case Type::Kind::kDate: return "date";
    case Type::Kind::kList:
      return {{"type", "array"}, {"elementType", delta_type(type.children[0].type)}, {"containsNull", true}};
    case Type::Kind::kMap:
      return {{"type", "map"},
              {"keyType", delta_type(type.children[0].type)},
              {"valueType", delta_type(type.children[1].type)},
              {"valueContainsNull", true}};
    case Type::Kind::kStruct: return {{"type", "struct"}, {"fields", delta_fields(type.children)}};
  }
  return "string";
}

ordered_json delta_fields(const Schema& schema) {
  ordered_json fields = ordered_json::array();
  for (const Field& field : schema) {
    fields.push_back({{"name", field.name},
                      {"type", delta_type(field.type)},
                      {"nullable", true},
                      {"metadata", ordered_json::object()}});
  }
  return fields;
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
    MP_ASSIGN(sink->columns_, from_arrow(*schema));
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
    const ordered_json schema = {{"type", "struct"}, {"fields", delta_fields(columns_)}};
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
  Schema columns_;
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
