#include "millpond/row_hash.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <xxhash.h>

#include <cstring>

namespace millpond {
namespace {

RowId from_digest(XXH128_hash_t digest) {
  XXH128_canonical_t canonical;  // big-endian, the same on every machine
  XXH128_canonicalFromHash(&canonical, digest);
  RowId id;
  std::memcpy(id.bytes.data(), canonical.digest, id.bytes.size());
  return id;
}

void put_length(std::string& out, std::int64_t length) {
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
}

/// Appends a self-delimiting form of one value, so that ("ab","c") and ("a","bc") differ.
Status append_value(const arrow::Array& array, std::int64_t row, std::string& out) {
  if (array.IsNull(row)) {
    out += '\0';
    return {};
  }
  out += '\1';
  switch (array.type_id()) {
    case arrow::Type::BOOL: out += static_cast<const arrow::BooleanArray&>(array).Value(row) ? '\1' : '\0'; return {};
    case arrow::Type::STRING:
    case arrow::Type::BINARY: {
      const auto view = static_cast<const arrow::BinaryArray&>(array).GetView(row);
      put_length(out, static_cast<std::int64_t>(view.size()));
      out.append(view);
      return {};
    }
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::FIXED_SIZE_BINARY: {
      const int width = static_cast<const arrow::FixedWidthType&>(*array.type()).bit_width() / 8;
      const std::uint8_t* values = array.data()->buffers[1]->data() + (array.offset() + row) * width;
      out.append(reinterpret_cast<const char*>(values), static_cast<std::size_t>(width));
      return {};
    }
    case arrow::Type::LIST:
    case arrow::Type::MAP: {
      const auto& lists = static_cast<const arrow::ListArray&>(array);
      put_length(out, lists.value_length(row));
      const auto& values = *lists.values();
      for (std::int64_t i = lists.value_offset(row), end = i + lists.value_length(row); i < end; ++i) {
        MP_TRY(append_value(values, i, out));
      }
      return {};
    }
    case arrow::Type::STRUCT: {
      const auto& structs = static_cast<const arrow::StructArray&>(array);
      for (int child = 0; child < structs.num_fields(); ++child) MP_TRY(append_value(*structs.field(child), row, out));
      return {};
    }
    default: return unsupported("hash of a value of this type: ", array.type()->ToString());
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string RowId::hex() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) text += kDigits[byte >> 4], text += kDigits[byte & 15];
  return text;
}

RowId row_id_from(std::string_view sixteen_bytes) {
  RowId id;
  std::memcpy(id.bytes.data(), sixteen_bytes.data(), std::min(sixteen_bytes.size(), id.bytes.size()));
  return id;
}

Result<RowId> row_id_from_hex(std::string_view hex) {
  RowId id;
  if (hex.size() != 2 * id.bytes.size()) return invalid("a row id has 32 hexadecimal digits: ", hex);
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return invalid("a row id has 32 hexadecimal digits: ", hex);
    id.bytes[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return id;
}

RowId hash_bytes(std::string_view bytes) { return from_digest(XXH3_128bits(bytes.data(), bytes.size())); }

RowId derived_row_id(const RowId& parent, std::string_view chain, std::int64_t ordinal) {
  std::string form(parent.view());
  form += chain;
  put_length(form, ordinal);
  return hash_bytes(form);
}

Result<std::vector<RowId>> hash_rows(const Batch& batch, std::span<const std::string> columns, std::string_view salt) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const std::string& name : columns) {
    auto array = batch->GetColumnByName(name);
    if (!array) return invalid("no column to hash: ", name);
    arrays.push_back(std::move(array));
  }
  std::vector<RowId> ids;
  ids.reserve(static_cast<std::size_t>(batch->num_rows()));
  std::string form;
  for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
    form.assign(salt);
    for (const auto& array : arrays) MP_TRY(append_value(*array, row, form));
    ids.push_back(hash_bytes(form));
  }
  return ids;
}

}  // namespace millpond
