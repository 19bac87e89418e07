#include "normal_types.h"

#include <arrow/array.h>
#include <arrow/array/array_dict.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>

#include <algorithm>

#include "core/arrow_status.h"

namespace millpond::python {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr std::int64_t kRowsMax = 4096;

TypePtr normal(const TypePtr& type);

std::shared_ptr<arrow::Field> normal(const std::shared_ptr<arrow::Field>& field) {
  return field->WithType(normal(field->type()));
}

TypePtr normal_nested(const TypePtr& type) {
  switch (type->id()) {
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
    case arrow::Type::FIXED_SIZE_LIST: return arrow::list(normal(type->field(0)));
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(normal(field));
      return arrow::struct_(std::move(fields));
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return arrow::map(normal(map.key_type()), normal(map.item_field()));
    }
    default: return type;
  }
}

TypePtr normal(const TypePtr& type) {
  switch (type->id()) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW: return arrow::utf8();
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW: return arrow::binary();
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16: return arrow::int32();
    case arrow::Type::UINT32:
    case arrow::Type::UINT64: return arrow::int64();
    case arrow::Type::HALF_FLOAT: return arrow::float32();
    case arrow::Type::DATE64: return arrow::date32();
    case arrow::Type::TIMESTAMP: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case arrow::Type::DICTIONARY: return normal(static_cast<const arrow::DictionaryType&>(*type).value_type());
    default: return normal_nested(type);
  }
}

Result<std::shared_ptr<arrow::Array>> cast(const std::shared_ptr<arrow::Array>& column, const TypePtr& type,
                                           const std::string& name) {
  if (column->type()->Equals(*type)) return column;
  auto made = arrow::compute::Cast(*column, type);
  if (made.ok()) return std::move(made).MoveValueUnsafe();
  return unsupported("column ", name, " of type ", column->type()->ToString(), " cannot be used as ", type->ToString(),
                     ": ", made.status().message());
}

ArrowSchema normal_schema(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) fields.push_back(normal(field)->RemoveMetadata());
  return arrow::schema(std::move(fields));
}

Result<Batch> under(const ArrowSchema& schema, const Batch& batch) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < schema->num_fields(); ++i) {
    MP_ASSIGN(auto column, cast(batch->column(i), schema->field(i)->type(), schema->field(i)->name()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(columns));
}

class Normal final : public Stream {
 public:
  Normal(std::unique_ptr<Stream> stream, ArrowSchema schema) : stream_(std::move(stream)), schema_(std::move(schema)) {}
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    if (!batch_) {
      MP_ASSIGN(const std::optional<Batch> batch, stream_->next(context));
      if (!batch) return std::optional<Batch>();
      MP_ASSIGN(batch_, under(schema_, *batch));
      row_ = 0;
    }
    const std::int64_t rows = std::min(kRowsMax, batch_->num_rows() - row_);
    Batch slice = rows == batch_->num_rows() ? batch_ : batch_->Slice(row_, rows);
    row_ += rows;
    if (row_ == batch_->num_rows()) batch_.reset();
    return std::optional<Batch>(std::move(slice));
  }

 private:
  std::unique_ptr<Stream> stream_;
  ArrowSchema schema_;
  Batch batch_;
  std::int64_t row_ = 0;
};

}  // namespace

std::unique_ptr<Stream> with_normal_types(std::unique_ptr<Stream> stream) {
  ArrowSchema schema = normal_schema(*stream->schema());
  return std::make_unique<Normal>(std::move(stream), std::move(schema));
}

std::unique_ptr<Stream> fitted_to(const ArrowSchema& table, std::unique_ptr<Stream> stream) {
  const auto number = [](const arrow::DataType& type) {
    return arrow::is_integer(type.id()) || arrow::is_floating(type.id());
  };
  arrow::FieldVector fields;
  for (const auto& field : stream->schema()->fields()) {
    const auto wanted = table->GetFieldByName(field->name());
    const bool widens = wanted && number(*field->type()) && number(*wanted->type()) &&
                        !(arrow::is_floating(field->type()->id()) && arrow::is_integer(wanted->type()->id()));
    const bool fixed =
        wanted && field->type()->id() == arrow::Type::BINARY && wanted->type()->id() == arrow::Type::FIXED_SIZE_BINARY;
    fields.push_back(widens || fixed ? field->WithType(wanted->type()) : field);
  }
  return std::make_unique<Normal>(std::move(stream), arrow::schema(std::move(fields)));
}

Result<Batch> with_normal_types(const Batch& batch) {
  const ArrowSchema schema = normal_schema(*batch->schema());
  return under(schema, batch);
}

}  // namespace millpond::python
