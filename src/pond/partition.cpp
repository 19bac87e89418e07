#include "pond/partition.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "pond/decimal_bytes.h"

namespace millpond::pond {
namespace {

using nlohmann::json;
using Kind = Type::Kind;

constexpr std::int64_t kHourUs = 3'600'000'000, kDayUs = 24 * kHourUs;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

Transform transform_of(std::string_view text, std::int32_t& width) {
  static constexpr std::pair<std::string_view, Transform> kNames[] = {
      {"identity", Transform::kIdentity}, {"year", Transform::kYear}, {"month", Transform::kMonth},
      {"day", Transform::kDay},           {"hour", Transform::kHour}, {"void", Transform::kVoid}};
  for (const auto& [name, transform] : kNames) {
    if (text == name) return transform;
  }
  const bool bucket = text.starts_with("bucket["), truncate = text.starts_with("truncate[");
  if ((!bucket && !truncate) || !text.ends_with("]")) return Transform::kUnknown;
  text.remove_suffix(1);
  text.remove_prefix(text.find('[') + 1);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), width);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || width <= 0) return Transform::kUnknown;
  return bucket ? Transform::kBucket : Transform::kTruncate;
}

/// Civil year and month of a day since 1970-01-01 (Hinnant's algorithm, for the proleptic Gregorian calendar).
std::pair<std::int64_t, int> year_month(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = floor_div(days, 146'097);
  const std::int64_t of_era = days - era * 146'097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {year_of_era + era * 400 + (month <= 2), month};
}

/// A value as the transforms see it: whole numbers (dates in days, times in microseconds), or bytes.
struct Value {
  std::int64_t number = 0;
  std::string_view text;
};

Result<std::optional<Value>> value_at(const arrow::Array& array, const IcebergType& type, std::int64_t row) {
  if (array.IsNull(row)) return std::optional<Value>();
  Value out;
  switch (type.kind) {
    case Kind::kBool: out.number = static_cast<const arrow::BooleanArray&>(array).Value(row); break;
    case Kind::kInt32: out.number = static_cast<const arrow::Int32Array&>(array).Value(row); break;
    case Kind::kDate: out.number = static_cast<const arrow::Date32Array&>(array).Value(row); break;
    case Kind::kInt64: out.number = static_cast<const arrow::Int64Array&>(array).Value(row); break;
    case Kind::kTimestamp: {
      out.number = static_cast<const arrow::TimestampArray&>(array).Value(row);
      if (type.alias.ends_with("_ns")) out.number = floor_div(out.number, 1000);
      break;
    }
    case Kind::kUtf8: out.text = static_cast<const arrow::StringArray&>(array).GetView(row); break;
    case Kind::kBinary: out.text = static_cast<const arrow::BinaryArray&>(array).GetView(row); break;
    case Kind::kFixed: out.text = static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row); break;
    default: return unsupported("partitioning by a column of this type: ", array.type()->ToString());
  }
  return std::optional<Value>(out);
}

bool is_text(Kind kind) { return kind == Kind::kUtf8 || kind == Kind::kBinary || kind == Kind::kFixed; }

std::string_view first_chars(std::string_view text, std::int32_t count, bool utf8) {
  if (!utf8) return text.substr(0, static_cast<std::size_t>(count));
  std::int32_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80 && seen++ == count) return text.substr(0, i);
  }
  return text;
}

/// A whole number in the binary form of the type.
std::string encoded(Kind kind, std::int64_t number) {
  switch (kind) {
    case Kind::kBool: return std::string(1, static_cast<char>(number));
    case Kind::kInt64:
    case Kind::kTimestamp: return bytes_of(number);
    default: return bytes_of(static_cast<std::int32_t>(number));
  }
}

std::string apply_to_decimal(const PartitionField& field, int precision, std::string_view value) {
  const int width_bytes = decimal_width(precision);
  if (field.transform == Transform::kBucket) {
    return bytes_of((murmur3(decimal_bytes(value)) & 0x7fff'ffff) % field.width);
  }
  if (field.transform == Transform::kIdentity) return decimal_bytes(value, width_bytes);
  return decimal_bytes(truncated_decimal(value, field.width), width_bytes);
}

std::string apply(const PartitionField& field, const IcebergType& type, const Value& value) {
  if (const auto decimal = decimal_of(type.alias)) return apply_to_decimal(field, decimal->precision, value.text);
  const std::int64_t days = type.kind == Kind::kDate ? value.number : floor_div(value.number, kDayUs);
  switch (field.transform) {
    case Transform::kIdentity: return is_text(type.kind) ? std::string(value.text) : encoded(type.kind, value.number);
    case Transform::kBucket: {
      const std::string whole = bytes_of(value.number);
      const std::int32_t hash = murmur3(is_text(type.kind) ? value.text : std::string_view(whole));
      return bytes_of((hash & 0x7fff'ffff) % field.width);
    }
    case Transform::kTruncate: {
      if (is_text(type.kind)) return std::string(first_chars(value.text, field.width, type.kind == Kind::kUtf8));
      return encoded(type.kind, floor_div(value.number, field.width) * field.width);
    }
    case Transform::kYear: return bytes_of(static_cast<std::int32_t>(year_month(days).first - 1970));
    case Transform::kMonth: {
      const auto [year, month] = year_month(days);
      return bytes_of(static_cast<std::int32_t>((year - 1970) * 12 + month - 1));
    }
    case Transform::kDay: return bytes_of(static_cast<std::int32_t>(days));
    default: return bytes_of(static_cast<std::int32_t>(floor_div(value.number, kHourUs)));
  }
}

bool find_path(const std::vector<IcebergField>& fields, std::int32_t id, std::vector<int>& path, IcebergField& out) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    path.push_back(static_cast<int>(i));
    if (fields[i].id == id) return out = fields[i], true;
    if (fields[i].type.kind == Kind::kStruct && find_path(fields[i].type.children, id, path, out)) return true;
    path.pop_back();
  }
  return false;
}

Status check(const PartitionField& field, const IcebergField& column) {
  const Kind kind = column.type.kind;
  const bool time = kind == Kind::kDate || kind == Kind::kTimestamp;
  const bool decimal = decimal_of(column.type.alias).has_value();
  const bool whole = kind == Kind::kInt32 || (kind == Kind::kInt64 && column.type.alias.empty());
  const bool clock = column.type.alias == "time";
  bool good = false;
  if (column.type.alias.ends_with("_ns") && field.transform == Transform::kIdentity) {
    return unsupported("writing to a table that is partitioned by a time in nanoseconds: ", field.name);
  }
  switch (field.transform) {
    case Transform::kIdentity: good = time || whole || clock || is_text(kind) || kind == Kind::kBool; break;
    case Transform::kBucket: good = time || whole || clock || is_text(kind); break;
    case Transform::kTruncate: good = whole || decimal || kind == Kind::kUtf8 || kind == Kind::kBinary; break;
    case Transform::kYear:
    case Transform::kMonth:
    case Transform::kDay: good = time; break;
    case Transform::kHour: good = kind == Kind::kTimestamp; break;
    case Transform::kVoid: good = true; break;
    case Transform::kUnknown: break;
  }
  return good ? Status() : unsupported("writing to a table that is partitioned by ", field.name, " in this way");
}

}  // namespace

Result<PartitionSpec> parse_partition_spec(const json& value) {
  if (!value.is_object()) return corrupt("partition spec is no object");
  PartitionSpec spec;
  if (value.contains("spec-id") && value["spec-id"].is_number_integer()) spec.id = value["spec-id"].get<std::int32_t>();
  const auto fields = value.find("fields");
  if (fields == value.end() || !fields->is_array()) return corrupt("partition spec without fields");
  std::int32_t next_id = 1000;  // version 1 leaves ids out
  for (const json& item : *fields) {
    if (!item.is_object()) return corrupt("partition field is no object");
    PartitionField field;
    const auto integer = [&](const char* key, std::int32_t otherwise) {
      const auto found = item.find(key);
      return found != item.end() && found->is_number_integer() ? found->get<std::int32_t>() : otherwise;
    };
    field.id = integer("field-id", next_id);
    next_id = field.id + 1;
    field.source_id = integer("source-id", -1);
    if (item.contains("source-ids") && item["source-ids"].is_array() && item["source-ids"].size() == 1 &&
        item["source-ids"][0].is_number_integer()) {
      field.source_id = item["source-ids"][0].get<std::int32_t>();
    }
    if (item.contains("name") && item["name"].is_string()) field.name = item["name"].get<std::string>();
    if (item.contains("transform") && item["transform"].is_string()) {
      field.transform = transform_of(item["transform"].get_ref<const std::string&>(), field.width);
    }
    spec.fields.push_back(std::move(field));
  }
  return spec;
}

PartitionType result_type(const PartitionField& field, const IcebergField* source) {
  switch (field.transform) {
    case Transform::kDay: return {Kind::kDate};
    case Transform::kBucket:
    case Transform::kYear:
    case Transform::kMonth:
    case Transform::kHour: return {Kind::kInt32};
    default: break;
  }
  if (source == nullptr) return {Kind::kInt32};  // the column was dropped; void fields have no values
  const std::string& alias = source->type.alias;
  PartitionType out{source->type.kind, source->type.width_bytes, alias.empty() || alias.starts_with("timestamptz"), {}};
  const auto decimal = decimal_of(alias);
  if (decimal || alias == "time") out.alias = alias;
  if (decimal) out.width_bytes = decimal_width(decimal->precision);
  return out;
}

const IcebergField* find_source(const std::vector<IcebergField>& fields, std::int32_t id) {
  for (const IcebergField& field : fields) {
    if (field.id == id) return &field;
    if (field.type.kind != Kind::kStruct) continue;
    if (const IcebergField* found = find_source(field.type.children, id)) return found;
  }
  return nullptr;
}

Result<Partitioner> Partitioner::make(const PartitionSpec& spec, const std::vector<IcebergField>& fields) {
  Partitioner out;
  for (const PartitionField& field : spec.fields) {
    Source source{.field = field, .column = {}, .path = {}};
    const bool found = find_path(fields, field.source_id, source.path, source.column);
    if (!found && field.transform != Transform::kVoid) return corrupt("partition field without a column: ", field.name);
    MP_TRY(check(field, source.column));
    out.sources_.push_back(std::move(source));
  }
  return out;
}

Result<std::vector<Partition>> Partitioner::partitions(const arrow::RecordBatch& batch) const {
  std::vector<Partition> out(static_cast<std::size_t>(batch.num_rows()));
  for (const Source& source : sources_) {
    if (source.field.transform == Transform::kVoid) {
      for (Partition& partition : out) partition.emplace_back(source.field.id, std::nullopt);
      continue;
    }
    std::shared_ptr<arrow::Array> array = batch.column(source.path[0]);
    for (std::size_t depth = 1; depth < source.path.size(); ++depth) {
      MP_ASSIGN(auto flat, [&]() -> Result<std::shared_ptr<arrow::Array>> {
        const auto flattened =
            static_cast<const arrow::StructArray&>(*array).GetFlattenedField(source.path[depth]);  // nulls above count
        if (!flattened.ok()) return internal(flattened.status().ToString());
        return *flattened;
      }());
      array = std::move(flat);
    }
    for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
      MP_ASSIGN(const std::optional<Value> value, value_at(*array, source.column.type, row));
      Partition& partition = out[static_cast<std::size_t>(row)];
      if (value)
        partition.emplace_back(source.field.id, apply(source.field, source.column.type, *value));
      else
        partition.emplace_back(source.field.id, std::nullopt);
    }
  }
  return out;
}

std::int32_t murmur3(std::string_view bytes) {
  const auto rotate = [](std::uint32_t x, int by) { return (x << by) | (x >> (32 - by)); };
  const auto scramble = [&](std::uint32_t k) { return rotate(k * 0xcc9e2d51U, 15) * 0x1b873593U; };
  std::uint32_t hash = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t k = 0;
    std::memcpy(&k, bytes.data() + at, 4);
    hash = rotate(hash ^ scramble(k), 13) * 5 + 0xe6546b64U;
  }
  std::uint32_t tail = 0;
  for (std::size_t i = bytes.size(); i > at; --i) tail = (tail << 8) | static_cast<unsigned char>(bytes[i - 1]);
  if (at < bytes.size()) hash ^= scramble(tail);
  hash ^= static_cast<std::uint32_t>(bytes.size());
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bU;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35U;
  return static_cast<std::int32_t>(hash ^ (hash >> 16));
}

}  // namespace millpond::pond
