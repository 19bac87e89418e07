#include "sql/vectors.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/type.h>

#include <cstring>
#include <vector>

namespace millpond::sql {
namespace {

/// Of values that both sides keep one behind the other.
template <class Value>
void copy_values(const arrow::Array& column, std::int64_t first, std::int64_t rows, void* out) {
  const auto* values = column.data()->GetValues<Value>(1);  // minds the array's own offset
  if (values != nullptr) std::memcpy(out, values + first, static_cast<std::size_t>(rows) * sizeof(Value));
}

/// Copies the nulls, too. False if there are none.
bool copy_validity(const duck::Api& api, const arrow::Array& column, std::int64_t first, std::int64_t rows,
                   duck::Handle vector, std::int64_t at) {
  if (column.null_count() == 0) return false;
  api.vector_ensure_validity_writable(vector);
  std::uint64_t* valid = api.vector_get_validity(vector);
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto place = static_cast<std::uint64_t>(at + row);
    const std::uint64_t bit = std::uint64_t{1} << (place & 63);
    if (column.IsValid(first + row))
      valid[place >> 6] |= bit;
    else
      valid[place >> 6] &= ~bit;
  }
  return true;
}

/// The low bytes of each: DuckDB keeps a decimal in as many as its digits need.
template <class Value>
void copy_low_bytes(const arrow::FixedSizeBinaryArray& column, std::int64_t first, std::int64_t rows, void* out) {
  for (std::int64_t row = 0; row < rows; ++row) {
    std::memcpy(static_cast<Value*>(out) + row, column.GetValue(first + row), sizeof(Value));
  }
}

void copy_decimals(const arrow::Array& column, std::int64_t first, std::int64_t rows, void* out) {
  const auto& values = static_cast<const arrow::FixedSizeBinaryArray&>(column);
  const int digits = static_cast<const arrow::Decimal128Type&>(*column.type()).precision();
  struct Wide {
    std::uint64_t low, high;
  };
  if (digits <= 4) return copy_low_bytes<std::int16_t>(values, first, rows, out);
  if (digits <= 9) return copy_low_bytes<std::int32_t>(values, first, rows, out);
  if (digits <= 18) return copy_low_bytes<std::int64_t>(values, first, rows, out);
  copy_low_bytes<Wide>(values, first, rows, out);
}

struct ListEntry {
  std::uint64_t offset, size;
};

class VectorCopy {
 public:
  explicit VectorCopy(const duck::Api& api) : api_(api) {}

  Status run(const arrow::Array& column, std::int64_t first, std::int64_t rows, duck::Handle vector) const {
    copy_validity(api_, column, first, rows, vector, 0);
    void* out = api_.vector_get_data(vector);
    switch (column.type_id()) {
      case arrow::Type::BOOL:
        for (std::int64_t row = 0; row < rows; ++row) {
          static_cast<bool*>(out)[row] = static_cast<const arrow::BooleanArray&>(column).Value(first + row);
        }
        return {};
      case arrow::Type::INT32:
      case arrow::Type::FLOAT:
      case arrow::Type::DATE32: return copy_values<std::int32_t>(column, first, rows, out), Status();
      case arrow::Type::INT64:
      case arrow::Type::DOUBLE:
      case arrow::Type::TIME64:
      case arrow::Type::TIMESTAMP: return copy_values<std::int64_t>(column, first, rows, out), Status();
      case arrow::Type::DECIMAL128: return copy_decimals(column, first, rows, out), Status();
      case arrow::Type::STRING:
      case arrow::Type::BINARY: return copy_texts<arrow::BinaryArray>(column, first, rows, vector);
      case arrow::Type::FIXED_SIZE_BINARY: return copy_texts<arrow::FixedSizeBinaryArray>(column, first, rows, vector);
      case arrow::Type::LIST:
      case arrow::Type::MAP: return copy_lists(static_cast<const arrow::ListArray&>(column), first, rows, vector);
      case arrow::Type::STRUCT: {
        const auto& record = static_cast<const arrow::StructArray&>(column);
        for (int i = 0; i < record.num_fields(); ++i) {
          // `field` minds the struct's offset; its nulls are its own.
          MP_TRY(
              run(*record.field(i), first, rows, api_.struct_vector_get_child(vector, static_cast<std::uint64_t>(i))));
        }
        return {};
      }
      default: return unsupported("SQL over a column of type ", column.type()->ToString());
    }
  }

 private:
  template <class Array>
  Status copy_texts(const arrow::Array& column, std::int64_t first, std::int64_t rows, duck::Handle vector) const {
    const auto& texts = static_cast<const Array&>(column);
    for (std::int64_t row = 0; row < rows; ++row) {
      if (column.IsNull(first + row)) continue;
      const std::string_view text = texts.GetView(first + row);
      api_.vector_assign_string_element_len(vector, static_cast<std::uint64_t>(row), text.data(), text.size());
    }
    return {};
  }

  Status copy_lists(const arrow::ListArray& lists, std::int64_t first, std::int64_t rows, duck::Handle vector) const {
    auto* entries = static_cast<ListEntry*>(api_.vector_get_data(vector));
    const std::int64_t begin = lists.value_offset(first), end = lists.value_offset(first + rows);
    for (std::int64_t row = 0; row < rows; ++row) {
      entries[row] = {static_cast<std::uint64_t>(lists.value_offset(first + row) - begin),
                      static_cast<std::uint64_t>(lists.value_length(first + row))};
    }
    const auto size = static_cast<std::uint64_t>(end - begin);
    if (api_.list_vector_reserve(vector, size) != 0 || api_.list_vector_set_size(vector, size) != 0) {
      return exhausted("DuckDB takes no list of so many values: ", size);
    }
    // Nulls of lists may have values behind them; they are copied and never looked at.
    return run(*lists.values(), begin, end - begin, api_.list_vector_get_child(vector));
  }

  const duck::Api& api_;
};

}  // namespace

duck::Handle new_logical_type(const duck::Api& api, const pond::IcebergType& type) {
  if (type.alias == "time") return api.create_logical_type(duck::kTime);
  if (const auto shape = pond::decimal_of(type.alias)) {
    return api.create_decimal_type(static_cast<std::uint8_t>(shape->precision),
                                   static_cast<std::uint8_t>(shape->scale));
  }
  const auto plain = [&](int id) { return api.create_logical_type(id); };
  switch (type.kind) {
    case Type::Kind::kBool: return plain(duck::kBoolean);
    case Type::Kind::kInt32: return plain(duck::kInteger);
    case Type::Kind::kInt64: return plain(duck::kBigint);
    case Type::Kind::kFloat32: return plain(duck::kFloat);
    case Type::Kind::kFloat64: return plain(duck::kDouble);
    case Type::Kind::kUtf8: return plain(duck::kVarchar);
    case Type::Kind::kBinary:
    case Type::Kind::kFixed: return plain(duck::kBlob);
    case Type::Kind::kTimestamp: return plain(duck::kTimestampTz);
    case Type::Kind::kDate: return plain(duck::kDate);
    default: break;
  }
  std::vector<duck::Handle> children;
  std::vector<const char*> names;
  for (const pond::IcebergField& child : type.children) {
    children.push_back(new_logical_type(api, child.type));
    names.push_back(child.name.c_str());
  }
  duck::Handle out = nullptr;
  if (type.kind == Type::Kind::kList) out = api.create_list_type(children[0]);
  if (type.kind == Type::Kind::kMap) out = api.create_map_type(children[0], children[1]);
  if (type.kind == Type::Kind::kStruct) out = api.create_struct_type(children.data(), names.data(), children.size());
  for (duck::Handle& child : children) api.destroy_logical_type(&child);
  return out;
}

Status copy_to_vector(const duck::Api& api, const arrow::Array& column, std::int64_t first, std::int64_t rows,
                      duck::Handle vector) {
  return VectorCopy(api).run(column, first, rows, vector);
}

}  // namespace millpond::sql
