#include "flow/shuffled_rows.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <limits>

#include "core/arrow_status.h"
#include "core/take.h"
#include "millpond/flow/step.h"
#include "millpond/fold.h"

namespace millpond::flow {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

bool is_identity(const arrow::Field& field) { return field.type()->id() == arrow::Type::FIXED_SIZE_BINARY; }

/// The same values under another binary type of the same bytes.
Result<ArrayPtr> rewritten(const ArrayPtr& column, const std::shared_ptr<arrow::DataType>& type) {
  if (column->type()->Equals(*type)) return column;
  std::unique_ptr<arrow::ArrayBuilder> builder;
  MP_TRY(from_arrow(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder)));
  const bool plain = type->id() == arrow::Type::BINARY;
  const auto* fixed = dynamic_cast<const arrow::FixedSizeBinaryArray*>(column.get());
  const auto* binary = dynamic_cast<const arrow::BinaryArray*>(column.get());
  if (plain ? !fixed : !binary) return invalid("a column came back from the shuffle as ", column->type()->ToString());
  arrow::Status status;
  for (std::int64_t row = 0; row < column->length(); ++row) {
    if (column->IsNull(row))
      status &= builder->AppendNull();
    else if (plain)
      status &= static_cast<arrow::BinaryBuilder&>(*builder).Append(fixed->GetView(row));
    else if (static_cast<std::int32_t>(binary->GetView(row).size()) !=
             static_cast<const arrow::FixedSizeBinaryType&>(*type).byte_width())
      return invalid("an identity came back from the shuffle with another length");
    else
      status &= static_cast<arrow::FixedSizeBinaryBuilder&>(*builder).Append(binary->GetView(row));
  }
  MP_TRY(from_arrow(status));
  return from_arrow(builder->Finish());
}

}  // namespace

ArrowSchema shuffled(const arrow::Schema& table, const arrow::FieldVector& more) {
  arrow::FieldVector fields;
  for (const auto& field : table.fields()) {
    fields.push_back((is_identity(*field) ? field->WithType(arrow::binary()) : field)->WithNullable(true));
  }
  fields.insert(fields.end(), more.begin(), more.end());
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::Field> position_field() { return arrow::field(std::string(kFoldPosition), arrow::int64()); }

std::shared_ptr<arrow::Field> outcome_field() { return arrow::field(std::string(kShuffleOutcome), arrow::utf8()); }

Result<Batch> outcome_row(const ArrowSchema& schema, const std::string& outcome) {
  std::vector<ArrayPtr> columns;
  for (const auto& field : schema->fields()) {
    std::unique_ptr<arrow::ArrayBuilder> builder;
    MP_TRY(from_arrow(arrow::MakeBuilder(arrow::default_memory_pool(), field->type(), &builder)));
    arrow::Status status;
    if (field->name() == kFoldPosition)
      status = static_cast<arrow::Int64Builder&>(*builder).Append(kLast);
    else if (field->name() == kShuffleKey)
      status = static_cast<arrow::BinaryBuilder&>(*builder).Append("");
    else if (field->name() == kShuffleOutcome)
      status = static_cast<arrow::StringBuilder&>(*builder).Append(outcome);
    else
      status = builder->AppendNull();
    MP_TRY(from_arrow(status));
    MP_ASSIGN(auto column, from_arrow(builder->Finish()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, 1, std::move(columns));
}

Result<Batch> under(const ArrowSchema& schema, const Batch& batch) {
  std::vector<ArrayPtr> columns;
  for (const auto& field : schema->fields()) {
    ArrayPtr column = batch->GetColumnByName(field->name());
    if (!column) return invalid("the shuffle lost a column: ", field->name());
    const auto kind = field->type()->id();
    if (kind == arrow::Type::FIXED_SIZE_BINARY || kind == arrow::Type::BINARY) {
      MP_ASSIGN(column, rewritten(column, field->type()));
    }
    if (!column->type()->Equals(*field->type())) {
      return invalid("column ", field->name(), " came back from the shuffle as ", column->type()->ToString());
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(columns));
}

Result<Parted> part(const Batch& batch) {
  const auto column = batch->GetColumnByName(std::string(kShuffleOutcome));
  const auto* outcomes = dynamic_cast<const arrow::StringArray*>(column.get());
  if (!outcomes) return invalid("the rows do not come from the shuffle: ", batch->schema()->ToString());
  Parted parted;
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    if (outcomes->IsNull(row))
      rows.push_back(row);
    else
      parted.outcomes.emplace_back(outcomes->GetView(row));
  }
  if (static_cast<std::int64_t>(rows.size()) == batch->num_rows()) {
    parted.rows = batch;
    return parted;
  }
  MP_ASSIGN(parted.rows, take(batch, rows));
  return parted;
}

}  // namespace millpond::flow
