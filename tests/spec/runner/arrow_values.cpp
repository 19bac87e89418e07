#include "arrow_values.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>

#include <charconv>
#include <chrono>
#include <cstdio>

#include "core/arrow_status.h"

namespace millpond::spec {
namespace {

using Value = nlohmann::ordered_json;
using std::chrono::days;
using std::chrono::sys_days;

// ---- times as text

Result<std::int64_t> parse_micros(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%lfZ", &year, &month, &day, &hour, &minute, &second) < 3) {
    return invalid("a time is 2024-01-31T12:30:00.000000Z, not: ", text);
  }
  const sys_days date = std::chrono::year(year) / month / day;
  const std::int64_t seconds = std::int64_t{date.time_since_epoch().count()} * 86400 + hour * 3600 + minute * 60;
  return seconds * 1'000'000 + static_cast<std::int64_t>(second * 1e6 + 0.5);
}

std::string date_text(std::int64_t days_since_epoch) {
  const std::chrono::year_month_day date{sys_days(days(days_since_epoch))};
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u", int(date.year()), unsigned(date.month()),
                unsigned(date.day()));
  return buffer;
}

std::string time_text(std::int64_t micros) {
  constexpr std::int64_t kDay = 86'400'000'000;
  const std::int64_t day = micros >= 0 ? micros / kDay : (micros - kDay + 1) / kDay;
  const std::int64_t rest = micros - day * kDay;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02d.%06dZ", int(rest / 3'600'000'000), int(rest / 60'000'000 % 60),
                int(rest / 1'000'000 % 60), int(rest % 1'000'000));
  return date_text(day) + buffer;
}

// ---- JSON to Arrow

Status append(arrow::ArrayBuilder* builder, const Value& value, const Type& type);

template <class Builder, class T>
Status append_as(arrow::ArrayBuilder* builder, const T& value) {
  return from_arrow(static_cast<Builder*>(builder)->Append(value));
}

Status append_list(arrow::ArrayBuilder* builder, const Value& value, const Type& type) {
  auto* list = static_cast<arrow::ListBuilder*>(builder);
  MP_TRY(from_arrow(list->Append()));
  for (const Value& each : value) MP_TRY(append(list->value_builder(), each, type.children[0].type));
  return {};
}

Status append_struct(arrow::ArrayBuilder* builder, const Value& value, const Type& type) {
  auto* fields = static_cast<arrow::StructBuilder*>(builder);
  for (const auto& [name, each] : value.items()) {
    if (!find_field(type.children, name)) return invalid("no such field in ", type.to_string(), ": ", name);
  }
  MP_TRY(from_arrow(fields->Append()));
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    const auto found = value.find(type.children[i].name);
    MP_TRY(append(fields->field_builder(static_cast<int>(i)), found == value.end() ? Value() : *found,
                  type.children[i].type));
  }
  return {};
}

Status append_map(arrow::ArrayBuilder* builder, const Value& value, const Type& type) {
  auto* map = static_cast<arrow::MapBuilder*>(builder);
  MP_TRY(from_arrow(map->Append()));
  for (const auto& [key, each] : value.items()) {
    MP_TRY(append(map->key_builder(), Value(key), type.children[0].type));
    MP_TRY(append(map->item_builder(), each, type.children[1].type));
  }
  return {};
}

Status append(arrow::ArrayBuilder* builder, const Value& value, const Type& type) try {
  if (value.is_null()) return from_arrow(builder->AppendNull());
  switch (type.kind) {
    case Type::Kind::kBool: return append_as<arrow::BooleanBuilder>(builder, value.get<bool>());
    case Type::Kind::kInt32: return append_as<arrow::Int32Builder>(builder, value.get<std::int32_t>());
    case Type::Kind::kInt64: return append_as<arrow::Int64Builder>(builder, value.get<std::int64_t>());
    case Type::Kind::kFloat32: return append_as<arrow::FloatBuilder>(builder, value.get<float>());
    case Type::Kind::kFloat64: return append_as<arrow::DoubleBuilder>(builder, value.get<double>());
    case Type::Kind::kUtf8: return append_as<arrow::StringBuilder>(builder, value.get<std::string>());
    case Type::Kind::kBinary: return append_as<arrow::BinaryBuilder>(builder, value.get<std::string>());
    case Type::Kind::kFixed: {
      const auto bytes = value.get<std::string>();
      if (static_cast<int>(bytes.size()) != type.width_bytes)
        return invalid("a value of ", type.to_string(), " has ", bytes.size(), " bytes");
      return append_as<arrow::FixedSizeBinaryBuilder>(builder, bytes);
    }
    case Type::Kind::kTimestamp: {
      MP_ASSIGN(const std::int64_t micros, parse_micros(value.get<std::string>()));
      return append_as<arrow::TimestampBuilder>(builder, micros);
    }
    case Type::Kind::kDate: {
      MP_ASSIGN(const std::int64_t micros, parse_micros(value.get<std::string>()));
      return append_as<arrow::Date32Builder>(builder, static_cast<std::int32_t>(micros / 86'400'000'000));
    }
    case Type::Kind::kList: return append_list(builder, value, type);
    case Type::Kind::kStruct: return append_struct(builder, value, type);
    case Type::Kind::kMap: return append_map(builder, value, type);
  }
  return unsupported("type in a specification: ", type.to_string());
} catch (const nlohmann::json::exception&) {
  return invalid("not a value of type ", type.to_string(), ": ", value.dump());
}

// ---- Arrow to JSON

Value value_at(const arrow::Array& array, std::int64_t row, const Type& type);

Value float_value(float value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  double shortest = value;
  std::from_chars(buffer, end, shortest);  // so that 0.1f prints as 0.1
  return shortest;
}

Value list_value(const arrow::Array& array, std::int64_t row, const Type& type) {
  const auto& list = static_cast<const arrow::ListArray&>(array);
  Value values = Value::array();
  for (std::int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
    values.push_back(value_at(*list.values(), i, type.children[0].type));
  }
  return values;
}

Value struct_value(const arrow::Array& array, std::int64_t row, const Type& type) {
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  Value values = Value::object();
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    Value each = value_at(*fields.field(static_cast<int>(i)), row, type.children[i].type);
    if (!each.is_null()) values[type.children[i].name] = std::move(each);
  }
  return values;
}

Value map_value(const arrow::Array& array, std::int64_t row, const Type& type) {
  const auto& map = static_cast<const arrow::MapArray&>(array);
  Value values = Value::object();
  for (std::int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    const Value key = value_at(*map.keys(), i, type.children[0].type);
    values[key.is_string() ? key.get<std::string>() : key.dump()] = value_at(*map.items(), i, type.children[1].type);
  }
  return values;
}

Value value_at(const arrow::Array& array, std::int64_t row, const Type& type) {
  if (array.IsNull(row)) return {};
  switch (type.kind) {
    case Type::Kind::kBool: return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case Type::Kind::kInt32: return static_cast<const arrow::Int32Array&>(array).Value(row);
    case Type::Kind::kInt64: return static_cast<const arrow::Int64Array&>(array).Value(row);
    case Type::Kind::kFloat32: return float_value(static_cast<const arrow::FloatArray&>(array).Value(row));
    case Type::Kind::kFloat64: return static_cast<const arrow::DoubleArray&>(array).Value(row);
    case Type::Kind::kUtf8:
    case Type::Kind::kBinary: return static_cast<const arrow::BinaryArray&>(array).GetString(row);
    case Type::Kind::kFixed: return std::string(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case Type::Kind::kTimestamp: return time_text(static_cast<const arrow::TimestampArray&>(array).Value(row));
    case Type::Kind::kDate: return date_text(static_cast<const arrow::Date32Array&>(array).Value(row));
    case Type::Kind::kList: return list_value(array, row, type);
    case Type::Kind::kStruct: return struct_value(array, row, type);
    case Type::Kind::kMap: return map_value(array, row, type);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> array_of(const std::vector<Value>& values, const Type& type) {
  MP_ASSIGN(auto builder, from_arrow(arrow::MakeBuilder(to_arrow(type))));
  for (const Value& value : values) MP_TRY(append(builder.get(), value, type));
  return from_arrow(builder->Finish());
}

Result<std::vector<Value>> values_of(const arrow::Array& array, const Type& type) {
  if (!array.type()->Equals(to_arrow(type)))
    return internal("a column of type ", type.to_string(), " is ", array.type()->ToString());
  std::vector<Value> values;
  for (std::int64_t row = 0; row < array.length(); ++row) values.push_back(value_at(array, row, type));
  return values;
}

}  // namespace millpond::spec
