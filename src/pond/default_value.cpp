#include "pond/default_value.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/arrow_status.h"
#include "pond/decimal_bytes.h"

namespace millpond::pond {
namespace {

using nlohmann::json;
using Kind = Type::Kind;

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Hex digits, with dashes as uuids have them.
Result<std::string> from_hex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (c == '-') continue;
    const int value = nibble(c);
    if (value < 0) return corrupt("default value is not hexadecimal: ", text);
    if (high < 0) {
      high = value;
    } else {
      out += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  if (high >= 0) return corrupt("default value has an odd number of digits: ", text);
  return out;
}

Result<std::shared_ptr<arrow::Scalar>> time_scalar(std::string text, const std::shared_ptr<arrow::DataType>& type) {
  for (const char* zone : {"+00:00", "Z"}) {
    if (text.ends_with(zone)) text.resize(text.size() - std::string_view(zone).size());
  }
  const auto unit = static_cast<const arrow::TimestampType&>(*type).unit();
  MP_ASSIGN(const auto plain, from_arrow(arrow::Scalar::Parse(arrow::timestamp(unit), text)));
  return std::shared_ptr<arrow::Scalar>(
      std::make_shared<arrow::TimestampScalar>(static_cast<const arrow::TimestampScalar&>(*plain).value, type));
}

Result<std::shared_ptr<arrow::Scalar>> scalar_of(const json& value, const IcebergType& type,
                                                 const std::shared_ptr<arrow::DataType>& arrow_type) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    if (type.alias == "time" || decimal_of(type.alias)) return from_arrow(arrow::Scalar::Parse(arrow_type, text));
    if (type.kind == Kind::kUtf8) return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::StringScalar>(text));
    if (type.kind == Kind::kTimestamp) return time_scalar(text, arrow_type);
    if (type.kind == Kind::kDate) return from_arrow(arrow::Scalar::Parse(arrow_type, text));
    if (type.kind == Kind::kBinary || type.kind == Kind::kFixed) {
      MP_ASSIGN(std::string bytes, from_hex(text));
      if (type.kind == Kind::kFixed && static_cast<int>(bytes.size()) != type.width_bytes) {
        return corrupt("default value has another width than its column: ", text);
      }
      std::shared_ptr<arrow::Buffer> buffer = arrow::Buffer::FromString(std::move(bytes));
      if (type.kind == Kind::kFixed)
        return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::FixedSizeBinaryScalar>(buffer, arrow_type));
      return std::shared_ptr<arrow::Scalar>(std::make_shared<arrow::BinaryScalar>(buffer));
    }
  }
  const bool real = type.kind == Kind::kFloat32 || type.kind == Kind::kFloat64;
  const bool whole = type.kind == Kind::kInt32 || type.kind == Kind::kInt64;
  if ((value.is_boolean() && type.kind == Kind::kBool) || (value.is_number_integer() && (whole || real)) ||
      (value.is_number() && real)) {
    return from_arrow(arrow::Scalar::Parse(arrow_type, value.dump()));
  }
  if (type.kind == Kind::kList || type.kind == Kind::kStruct || type.kind == Kind::kMap) {
    return unsupported("default values of nested types: ", arrow_type->ToString());
  }
  return corrupt("default value does not fit its column: ", value.dump());
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> default_array(const std::string& text, const IcebergType& type,
                                                    const std::shared_ptr<arrow::DataType>& arrow_type,
                                                    std::int64_t rows) {
  if (text.empty()) return from_arrow(arrow::MakeArrayOfNull(arrow_type, rows));
  const json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return corrupt("default value is no JSON");
  MP_ASSIGN(const auto scalar, scalar_of(value, type, arrow_type));
  return from_arrow(arrow::MakeArrayFromScalar(*scalar, rows));
}

Result<std::shared_ptr<arrow::Array>> array_of_bytes(const std::string& bytes, const IcebergType& type,
                                                     const std::shared_ptr<arrow::DataType>& arrow_type,
                                                     std::int64_t rows) {
  std::shared_ptr<arrow::Scalar> scalar;
  const auto take = [&](auto& value) {
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return bytes.size() == sizeof value;
  };
  std::int32_t narrow = 0;
  std::int64_t wide = 0;
  float real = 0;
  double wide_real = 0;
  switch (type.kind) {
    case Kind::kUtf8: scalar = std::make_shared<arrow::StringScalar>(bytes); break;
    case Kind::kBinary: scalar = std::make_shared<arrow::BinaryScalar>(arrow::Buffer::FromString(bytes)); break;
    case Kind::kFixed:
      if (decimal_of(type.alias)) {
        const auto value = arrow_decimal(bytes);
        if (value) {
          scalar = std::make_shared<arrow::Decimal128Scalar>(
              arrow::Decimal128(reinterpret_cast<const std::uint8_t*>(value->data())), arrow_type);
        }
        break;
      }
      if (static_cast<int>(bytes.size()) == type.width_bytes)
        scalar = std::make_shared<arrow::FixedSizeBinaryScalar>(arrow::Buffer::FromString(bytes), arrow_type);
      break;
    case Kind::kBool:
      if (bytes.size() == 1) scalar = std::make_shared<arrow::BooleanScalar>(bytes[0] != 0);
      break;
    case Kind::kInt32:
      if (take(narrow)) scalar = std::make_shared<arrow::Int32Scalar>(narrow);
      break;
    case Kind::kDate:
      if (take(narrow)) scalar = std::make_shared<arrow::Date32Scalar>(narrow);
      break;
    case Kind::kInt64:
      if (type.alias == "time") {
        if (take(wide)) scalar = std::make_shared<arrow::Time64Scalar>(wide, arrow_type);
        break;
      }
      if (take(wide))
        scalar = std::make_shared<arrow::Int64Scalar>(wide);
      else if (take(narrow))  // the column was widened since
        scalar = std::make_shared<arrow::Int64Scalar>(narrow);
      break;
    case Kind::kTimestamp:
      if (take(wide)) scalar = std::make_shared<arrow::TimestampScalar>(wide, arrow_type);
      break;
    case Kind::kFloat32:
      if (take(real)) scalar = std::make_shared<arrow::FloatScalar>(real);
      break;
    case Kind::kFloat64:
      if (take(wide_real)) scalar = std::make_shared<arrow::DoubleScalar>(wide_real);
      break;
    default: break;
  }
  if (!scalar) return corrupt("a partition value does not fit its column of type ", arrow_type->ToString());
  return from_arrow(arrow::MakeArrayFromScalar(*scalar, rows));
}

}  // namespace millpond::pond
