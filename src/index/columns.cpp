#include "index/columns.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "index/stored.h"

namespace millpond::index {
namespace {

bool is_text(const arrow::Array& column) {
  const auto id = column.type_id();
  return id == arrow::Type::STRING || id == arrow::Type::LARGE_STRING;
}

std::string_view bytes_at(const arrow::Array& column, std::int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return static_cast<const arrow::BinaryArray&>(column).GetView(row);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: return static_cast<const arrow::LargeBinaryArray&>(column).GetView(row);
    default: return static_cast<const arrow::FixedSizeBinaryArray&>(column).GetView(row);
  }
}

struct Slice {
  const arrow::Array* values = nullptr;
  std::int64_t begin = 0, size = 0;
};

Slice slice_of(const arrow::Array& column, std::int64_t row) {
  switch (column.type_id()) {
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(column);
      return {list.values().get(), list.value_offset(row), list.value_length(row)};
    }
    case arrow::Type::LARGE_LIST: {
      const auto& list = static_cast<const arrow::LargeListArray&>(column);
      return {list.values().get(), list.value_offset(row), list.value_length(row)};
    }
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto& list = static_cast<const arrow::FixedSizeListArray&>(column);
      return {list.values().get(), list.value_offset(row), list.value_length(row)};
    }
    default: return {};
  }
}

Status wrong_type(const arrow::Array& column) {
  return unsupported("an index cannot hold a column of the type: ", column.type()->ToString());
}

Result<StoredValue> list_value(const arrow::Array& column, std::int64_t row) {
  const Slice slice = slice_of(column, row);
  if (slice.values == nullptr) return wrong_type(column);
  if (is_text(*slice.values)) {
    std::vector<std::string> texts;
    for (std::int64_t i = 0; i < slice.size; ++i) texts.emplace_back(bytes_at(*slice.values, slice.begin + i));
    return StoredValue(std::move(texts));
  }
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < slice.size; ++i) {
    MP_ASSIGN(const StoredValue number, value_of(*slice.values, slice.begin + i));
    if (!std::holds_alternative<std::int64_t>(number)) return wrong_type(column);
    numbers.push_back(std::get<std::int64_t>(number));
  }
  return StoredValue(std::move(numbers));
}

}  // namespace

Result<const arrow::Array*> column_of(const arrow::RecordBatch& batch, std::string_view name) {
  const int at = batch.schema()->GetFieldIndex(std::string(name));
  if (at < 0) return not_found("no column to index of the name: ", name);
  return batch.column(at).get();
}

Status texts_of(const arrow::Array& column, std::int64_t row, std::vector<std::string_view>& texts) {
  if (column.type_id() == arrow::Type::NA) return {};
  if (is_text(column)) {
    if (!column.IsNull(row)) texts.push_back(bytes_at(column, row));
    return {};
  }
  const bool list = column.type_id() == arrow::Type::LIST || column.type_id() == arrow::Type::LARGE_LIST ||
                    column.type_id() == arrow::Type::FIXED_SIZE_LIST;
  if (!list) return wrong_type(column);
  const Slice slice = slice_of(column, row);
  if (!is_text(*slice.values)) return wrong_type(column);
  if (column.IsNull(row)) return {};
  for (std::int64_t i = slice.begin; i < slice.begin + slice.size; ++i) {
    if (!slice.values->IsNull(i)) texts.push_back(bytes_at(*slice.values, i));
  }
  return {};
}

Result<StoredValue> value_of(const arrow::Array& column, std::int64_t row) {
  if (column.IsNull(row)) return StoredValue();
  switch (column.type_id()) {
    case arrow::Type::BOOL: return StoredValue(static_cast<const arrow::BooleanArray&>(column).Value(row));
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
      return StoredValue(std::int64_t{static_cast<const arrow::Int32Array&>(column).raw_values()[row]});
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP: return StoredValue(static_cast<const arrow::Int64Array&>(column).raw_values()[row]);
    case arrow::Type::FLOAT: return StoredValue(double{static_cast<const arrow::FloatArray&>(column).Value(row)});
    case arrow::Type::DOUBLE: return StoredValue(static_cast<const arrow::DoubleArray&>(column).Value(row));
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::FIXED_SIZE_BINARY: return StoredValue(std::string(bytes_at(column, row)));
    default: return list_value(column, row);
  }
}

Status encode_cell(const arrow::Array& column, std::int64_t row, std::string& out) {
  if (is_text(column) && !column.IsNull(row)) {  // most of the bytes; not copied on their way
    encode_text(bytes_at(column, row), out);
    return {};
  }
  MP_ASSIGN(const StoredValue value, value_of(column, row));
  encode_value(value, out);
  return {};
}

}  // namespace millpond::index
