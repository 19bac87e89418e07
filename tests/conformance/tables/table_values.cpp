#include "table_values.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace millpond::pond {
namespace {

using nlohmann::json;
using Kind = Type::Kind;

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

template <class Builder>
Builder& as(arrow::ArrayBuilder& builder) {
  return static_cast<Builder&>(builder);
}

double real(std::uint64_t seed) {
  switch (seed % 13) {
    case 0: return std::numeric_limits<double>::quiet_NaN();
    case 1: return -0.0;
    case 2: return 0.0;
    case 3: return std::numeric_limits<double>::infinity();
    default: return static_cast<double>(static_cast<std::int64_t>(seed % 2'000'001) - 1'000'000) / 64.0;
  }
}

std::string text(std::uint64_t seed) {
  static constexpr const char* kWords[] = {"mill", "pond", "Wasser",      "été",        "水車",
                                           "🦆",   "",     "line\nbreak", "\"quoted\"", "tab\t"};
  std::string out;
  for (std::uint64_t i = 0; i < seed % 7; ++i) out += std::string(kWords[mix(seed + i) % 10]) + " ";
  return out;
}

void append(arrow::ArrayBuilder& builder, const Field& field, std::uint64_t seed) {
  seed = mix(seed);
  if (!field.required && seed % 5 == 0) return check(builder.AppendNull());
  const Type& type = field.type;
  const auto number = static_cast<std::int64_t>(mix(seed));
  switch (type.kind) {
    case Kind::kBool: return check(as<arrow::BooleanBuilder>(builder).Append(number % 2 == 0));
    case Kind::kInt32: return check(as<arrow::Int32Builder>(builder).Append(static_cast<std::int32_t>(number)));
    case Kind::kInt64: return check(as<arrow::Int64Builder>(builder).Append(number));
    case Kind::kFloat32: return check(as<arrow::FloatBuilder>(builder).Append(static_cast<float>(real(seed))));
    case Kind::kFloat64: return check(as<arrow::DoubleBuilder>(builder).Append(real(seed)));
    case Kind::kUtf8: return check(as<arrow::StringBuilder>(builder).Append(text(seed)));
    case Kind::kBinary:
      return check(as<arrow::BinaryBuilder>(builder).Append(std::string(seed % 40, static_cast<char>(seed >> 8))));
    case Kind::kFixed:
      return check(as<arrow::FixedSizeBinaryBuilder>(builder).Append(
          std::string(static_cast<std::size_t>(type.width_bytes), static_cast<char>(seed >> 8))));
    case Kind::kTimestamp: return check(as<arrow::TimestampBuilder>(builder).Append(number % 4'000'000'000'000'000));
    case Kind::kDate:
      return check(as<arrow::Date32Builder>(builder).Append(static_cast<std::int32_t>(number % 40'000)));
    case Kind::kList: {
      auto& list = as<arrow::ListBuilder>(builder);
      check(list.Append());
      for (std::uint64_t i = 0; i < seed % 4; ++i) append(*list.value_builder(), type.children[0], seed + i);
      return;
    }
    case Kind::kStruct: {
      auto& row = as<arrow::StructBuilder>(builder);
      check(row.Append());
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        append(*row.field_builder(static_cast<int>(i)), type.children[i], seed + i);
      }
      return;
    }
    case Kind::kMap: {
      auto& map = as<arrow::MapBuilder>(builder);
      check(map.Append());
      for (std::uint64_t i = 0; i < seed % 4; ++i) {
        check(as<arrow::StringBuilder>(*map.key_builder()).Append("key" + std::to_string(i)));
        append(*map.item_builder(), type.children[1], seed + i);
      }
      return;
    }
  }
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

json real_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

json value_json(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::BOOL: return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case arrow::Type::INT32: return static_cast<const arrow::Int32Array&>(array).Value(row);
    case arrow::Type::INT64: return static_cast<const arrow::Int64Array&>(array).Value(row);
    case arrow::Type::FLOAT: return real_json(static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE: return real_json(static_cast<const arrow::DoubleArray&>(array).Value(row));
    case arrow::Type::STRING: return std::string(static_cast<const arrow::StringArray&>(array).GetView(row));
    case arrow::Type::BINARY: return hex(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case arrow::Type::FIXED_SIZE_BINARY:
      return hex(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case arrow::Type::TIMESTAMP: return static_cast<const arrow::TimestampArray&>(array).Value(row);
    case arrow::Type::DATE32: return static_cast<const arrow::Date32Array&>(array).Value(row);
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      json out = json::array();
      for (auto i = list.value_offset(row); i < list.value_offset(row + 1); ++i)
        out.push_back(value_json(*list.values(), i));
      return out;
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      json out = json::array();
      for (auto i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
        out.push_back({value_json(*map.keys(), i), value_json(*map.items(), i)});
      }
      return out;
    }
    case arrow::Type::STRUCT: {
      const auto& rows = static_cast<const arrow::StructArray&>(array);
      json out = json::object();
      for (int i = 0; i < rows.num_fields(); ++i) out[array.type()->field(i)->name()] = value_json(*rows.field(i), row);
      return out;
    }
    default: throw std::runtime_error("no JSON for " + array.type()->ToString());
  }
}

}  // namespace

Batch made_rows(const Schema& schema, std::int64_t first, std::int64_t count) {
  const ArrowSchema arrow_schema = to_arrow(schema);
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    auto builder = arrow::MakeBuilder(arrow_schema->field(static_cast<int>(i))->type());
    check(builder.status());
    for (std::int64_t id = first; id < first + count; ++id) {
      if (i == 0)
        check(as<arrow::Int64Builder>(**builder).Append(id));
      else
        append(**builder, schema[i], static_cast<std::uint64_t>(id) * 1000 + i);
    }
    auto array = (*builder)->Finish();
    check(array.status());
    arrays.push_back(*array);
  }
  return arrow::RecordBatch::Make(arrow_schema, count, std::move(arrays));
}

std::string row_json(const arrow::RecordBatch& batch, std::int64_t row) {
  json out = json::object();
  for (int i = 0; i < batch.num_columns(); ++i)
    out[batch.schema()->field(i)->name()] = value_json(*batch.column(i), row);
  return out.dump();
}

}  // namespace millpond::pond
