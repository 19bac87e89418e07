#include "pond/column_metrics.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "pond/decimal_bytes.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kBoundChars = 16;
using Leaf = MetricsCollector::Leaf;

void find_leaves(const std::vector<IcebergField>& fields, std::vector<int> path, std::vector<Leaf>& out) {
  path.push_back(0);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    path.back() = static_cast<int>(i);
    const IcebergType& type = fields[i].type;
    if (type.kind == Type::Kind::kStruct)
      find_leaves(type.children, path, out);
    else if (type.kind != Type::Kind::kList && type.kind != Type::Kind::kMap)
      out.push_back(
          {.id = fields[i].id, .kind = type.kind, .path = path, .decimal = decimal_of(type.alias).has_value()});
  }
}

void add_number(Leaf& leaf, std::int64_t value) {
  if (!leaf.bounded || value < leaf.low) leaf.low = value;
  if (!leaf.bounded || value > leaf.high) leaf.high = value;
  leaf.bounded = true;
}
void add_real(Leaf& leaf, double value) {
  if (std::isnan(value)) {
    ++leaf.nans;
    return;
  }
  if (!leaf.bounded || value < leaf.low_real) leaf.low_real = value;
  if (!leaf.bounded || value > leaf.high_real) leaf.high_real = value;
  leaf.bounded = true;
}
void add_text(Leaf& leaf, std::string_view value) {
  if (!leaf.bounded || value < leaf.low_text) leaf.low_text = value;
  if (!leaf.bounded || value > leaf.high_text) leaf.high_text = value;
  leaf.bounded = true;
}

void add_decimal(Leaf& leaf, std::string_view value) {
  if (!leaf.bounded || decimal_less(value, leaf.low_text)) leaf.low_text = value;
  if (!leaf.bounded || decimal_less(leaf.high_text, value)) leaf.high_text = value;
  leaf.bounded = true;
}

template <class Array, class Add>
void each(const arrow::Array& array, const std::vector<bool>* dead, Leaf& leaf, Add&& add) {
  const auto& values = static_cast<const Array&>(array);
  for (std::int64_t row = 0; row < values.length(); ++row) {
    if (values.IsNull(row) || (dead != nullptr && (*dead)[static_cast<std::size_t>(row)]))
      ++leaf.nulls;
    else
      add(leaf, values, row);
  }
}

void add_values(const arrow::Array& array, const std::vector<bool>* dead, Leaf& leaf) {
  const auto number = [](Leaf& to, const auto& values, std::int64_t row) { add_number(to, values.Value(row)); };
  const auto real = [](Leaf& to, const auto& values, std::int64_t row) { add_real(to, values.Value(row)); };
  const auto text = [](Leaf& to, const auto& values, std::int64_t row) { add_text(to, values.GetView(row)); };
  if (leaf.decimal) {
    return each<arrow::FixedSizeBinaryArray>(array, dead, leaf, [](Leaf& to, const auto& values, std::int64_t row) {
      add_decimal(to, values.GetView(row));
    });
  }
  switch (leaf.kind) {
    case Type::Kind::kBool: return each<arrow::BooleanArray>(array, dead, leaf, number);
    case Type::Kind::kInt32: return each<arrow::Int32Array>(array, dead, leaf, number);
    case Type::Kind::kDate: return each<arrow::Date32Array>(array, dead, leaf, number);
    case Type::Kind::kInt64: return each<arrow::Int64Array>(array, dead, leaf, number);
    case Type::Kind::kTimestamp: return each<arrow::TimestampArray>(array, dead, leaf, number);
    case Type::Kind::kFloat32: return each<arrow::FloatArray>(array, dead, leaf, real);
    case Type::Kind::kFloat64: return each<arrow::DoubleArray>(array, dead, leaf, real);
    case Type::Kind::kUtf8: return each<arrow::StringArray>(array, dead, leaf, text);
    case Type::Kind::kBinary: return each<arrow::BinaryArray>(array, dead, leaf, text);
    case Type::Kind::kFixed: return each<arrow::FixedSizeBinaryArray>(array, dead, leaf, text);
    default: return;
  }
}

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A zero bound covers both zeros: -0.0 comes before +0.0.
double zero_signed(double value, double sign) { return value == 0 ? std::copysign(0.0, sign) : value; }

std::string encode(const Leaf& leaf, bool low) {
  const std::int64_t number = low ? leaf.low : leaf.high;
  const double real = zero_signed(low ? leaf.low_real : leaf.high_real, low ? -1.0 : 1.0);
  switch (leaf.kind) {
    case Type::Kind::kBool: return std::string(1, static_cast<char>(number));
    case Type::Kind::kInt32:
    case Type::Kind::kDate: return bytes_of(static_cast<std::int32_t>(number));
    case Type::Kind::kInt64:
    case Type::Kind::kTimestamp: return bytes_of(number);
    case Type::Kind::kFloat32: return bytes_of(static_cast<float>(real));
    case Type::Kind::kFloat64: return bytes_of(real);
    default: return {};
  }
}

bool is_text(Type::Kind kind) {
  return kind == Type::Kind::kUtf8 || kind == Type::Kind::kBinary || kind == Type::Kind::kFixed;
}

/// Where the 17th character begins; the size if there are fewer.
std::size_t cut_at(std::string_view value, bool text) {
  if (!text) return std::min(value.size(), kBoundChars);
  std::size_t chars = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if ((static_cast<unsigned char>(value[i]) & 0xc0) != 0x80 && chars++ == kBoundChars) return i;
  }
  return value.size();
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xc0 | (c >> 6)), static_cast<char>(0x80 | (c & 63))};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xe0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 63)),
            static_cast<char>(0x80 | (c & 63))};
  } else {
    out += {static_cast<char>(0xf0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 63)),
            static_cast<char>(0x80 | ((c >> 6) & 63)), static_cast<char>(0x80 | (c & 63))};
  }
}

/// Decodes the last character of well-formed UTF-8 and removes it.
char32_t take_last(std::string& text) {
  std::size_t start = text.size() - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
  const auto lead = static_cast<unsigned char>(text[start]);
  char32_t c = lead < 0x80 ? lead : lead < 0xe0 ? lead & 0x1f : lead < 0xf0 ? lead & 0x0f : lead & 0x07;
  for (std::size_t i = start + 1; i < text.size(); ++i) c = (c << 6) | (static_cast<unsigned char>(text[i]) & 63);
  text.resize(start);
  return c;
}

}  // namespace

std::string cut_lower(std::string_view value, bool text) { return std::string(value.substr(0, cut_at(value, text))); }

std::optional<std::string> cut_upper(std::string_view value, bool text) {
  const std::size_t end = cut_at(value, text);
  std::string out(value.substr(0, end));
  if (end == value.size()) return out;
  while (!out.empty()) {
    if (!text) {
      const auto last = static_cast<unsigned char>(out.back());
      out.pop_back();
      if (last == 0xff) continue;
      out += static_cast<char>(last + 1);
      return out;
    }
    char32_t c = take_last(out) + 1;
    if (c == 0xd800) c = 0xe000;  // surrogates are no characters
    if (c > 0x10ffff) continue;
    append_utf8(out, c);
    return out;
  }
  return std::nullopt;
}

MetricsCollector::MetricsCollector(const std::vector<IcebergField>& fields) { find_leaves(fields, {}, leaves_); }

void MetricsCollector::add(const arrow::RecordBatch& batch) {
  for (Leaf& leaf : leaves_) {
    std::shared_ptr<arrow::Array> array = batch.column(leaf.path[0]);
    std::vector<bool> dead;  // rows where a struct above is null
    for (std::size_t depth = 1; depth < leaf.path.size(); ++depth) {
      if (array->null_count() > 0) {
        dead.resize(static_cast<std::size_t>(array->length()));
        for (std::int64_t row = 0; row < array->length(); ++row) {
          if (array->IsNull(row)) dead[static_cast<std::size_t>(row)] = true;
        }
      }
      array = static_cast<const arrow::StructArray&>(*array).field(leaf.path[depth]);
    }
    add_values(*array, dead.empty() ? nullptr : &dead, leaf);
  }
}

std::shared_ptr<const ColumnMetrics> MetricsCollector::finish(const parquet::FileMetaData& footer) const {
  auto out = std::make_shared<ColumnMetrics>();
  std::map<std::int32_t, std::pair<std::int64_t, std::int64_t>> sizes;  // id → bytes, values
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    const auto row_group = footer.RowGroup(group);
    for (int column = 0; column < footer.num_columns(); ++column) {
      const auto chunk = row_group->ColumnChunk(column);
      auto& [size_bytes, values] = sizes[footer.schema()->Column(column)->schema_node()->field_id()];
      size_bytes += chunk->total_compressed_size();
      values += chunk->num_values();
    }
  }
  for (const auto& [id, counts] : sizes) {
    out->sizes_bytes.emplace_back(id, counts.first);
    out->values.emplace_back(id, counts.second);
  }
  for (const Leaf& leaf : leaves_) {
    out->nulls.emplace_back(leaf.id, leaf.nulls);
    if (leaf.kind == Type::Kind::kFloat32 || leaf.kind == Type::Kind::kFloat64)
      out->nans.emplace_back(leaf.id, leaf.nans);
    if (!leaf.bounded) continue;
    if (leaf.decimal) {
      out->lower.emplace_back(leaf.id, decimal_bytes(leaf.low_text));
      out->upper.emplace_back(leaf.id, decimal_bytes(leaf.high_text));
      continue;
    }
    if (!is_text(leaf.kind)) {
      out->lower.emplace_back(leaf.id, encode(leaf, true));
      out->upper.emplace_back(leaf.id, encode(leaf, false));
      continue;
    }
    const bool text = leaf.kind == Type::Kind::kUtf8;
    out->lower.emplace_back(leaf.id, cut_lower(leaf.low_text, text));
    if (auto upper = cut_upper(leaf.high_text, text)) out->upper.emplace_back(leaf.id, *std::move(upper));
  }
  for (auto* items : {&out->nulls, &out->nans}) std::sort(items->begin(), items->end());
  for (auto* items : {&out->lower, &out->upper}) std::sort(items->begin(), items->end());
  return out;
}

}  // namespace millpond::pond
