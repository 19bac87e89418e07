#include "ask/arrow_json.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <ctime>
#include <nlohmann/json.hpp>

namespace millpond::ask {
namespace {

using nlohmann::ordered_json;

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) text += kDigits[static_cast<unsigned char>(c) >> 4], text += kDigits[c & 15];
  return text;
}

template <class Type>
auto value(const arrow::Array& array, std::int64_t row) {
  return static_cast<const typename arrow::TypeTraits<Type>::ArrayType&>(array).Value(row);
}

ordered_json list_json(const arrow::ListArray& lists, std::int64_t row) {
  ordered_json items = ordered_json::array();
  for (std::int64_t i = lists.value_offset(row), end = i + lists.value_length(row); i < end; ++i)
    items.push_back(to_json(*lists.values(), i));
  return items;
}

ordered_json map_json(const arrow::MapArray& maps, std::int64_t row) {
  ordered_json items = ordered_json::object();
  for (std::int64_t i = maps.value_offset(row), end = i + maps.value_length(row); i < end; ++i) {
    const ordered_json key = to_json(*maps.keys(), i);
    items[key.is_string() ? key.get<std::string>() : key.dump()] = to_json(*maps.items(), i);
  }
  return items;
}

}  // namespace

std::string time_text(std::int64_t microseconds) {
  const std::time_t seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

ordered_json to_json(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::BOOL: return value<arrow::BooleanType>(array, row);
    case arrow::Type::INT32: return value<arrow::Int32Type>(array, row);
    case arrow::Type::INT64: return value<arrow::Int64Type>(array, row);
    case arrow::Type::FLOAT: return value<arrow::FloatType>(array, row);
    case arrow::Type::DOUBLE: return value<arrow::DoubleType>(array, row);
    case arrow::Type::STRING: return static_cast<const arrow::StringArray&>(array).GetString(row);
    case arrow::Type::BINARY: return hex(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case arrow::Type::FIXED_SIZE_BINARY:
      return hex(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case arrow::Type::TIMESTAMP: {
      std::string text = time_text(value<arrow::TimestampType>(array, row));
      text[10] = 'T';
      return text + "Z";
    }
    case arrow::Type::DATE32:
      return time_text(std::int64_t{value<arrow::Date32Type>(array, row)} * 86'400'000'000).substr(0, 10);
    case arrow::Type::LIST: return list_json(static_cast<const arrow::ListArray&>(array), row);
    case arrow::Type::MAP: return map_json(static_cast<const arrow::MapArray&>(array), row);
    case arrow::Type::STRUCT: {
      const auto& structs = static_cast<const arrow::StructArray&>(array);
      ordered_json fields = ordered_json::object();
      for (int i = 0; i < structs.num_fields(); ++i)
        fields[structs.struct_type()->field(i)->name()] = to_json(*structs.field(i), row);
      return fields;
    }
    case arrow::Type::DECIMAL128: return static_cast<const arrow::Decimal128Array&>(array).FormatValue(row);
    case arrow::Type::TIME64: {
      const auto clock = array.GetScalar(row);
      return clock.ok() ? (*clock)->ToString() : std::string();
    }
    default: return array.type()->ToString();
  }
}

ordered_json to_json(const Batch& batch, std::int64_t row) {
  ordered_json object = ordered_json::object();
  for (int i = 0; i < batch->num_columns(); ++i) object[batch->column_name(i)] = to_json(*batch->column(i), row);
  return object;
}

std::int64_t rows_of(const Batch& batch) { return batch->num_rows(); }

std::string text_at(const Batch& batch, const std::string& column, std::int64_t row) {
  const auto array = batch->GetColumnByName(column);
  if (!array || array->IsNull(row)) return {};
  const ordered_json json = to_json(*array, row);
  return json.is_string() ? json.get<std::string>() : json.dump();
}

std::int64_t number_at(const Batch& batch, const std::string& column, std::int64_t row) {
  const auto array = batch->GetColumnByName(column);
  if (!array || array->IsNull(row)) return 0;
  const ordered_json json = to_json(*array, row);
  return json.is_number() ? json.get<std::int64_t>() : 0;
}

}  // namespace millpond::ask
