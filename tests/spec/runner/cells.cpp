#include "cells.h"

#include <arrow/record_batch.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include "arrow_values.h"

namespace millpond::spec {
namespace {

bool nested(const Type& type) {
  return type.kind == Type::Kind::kList || type.kind == Type::Kind::kStruct || type.kind == Type::Kind::kMap;
}

bool textual(const Type& type) {
  return type.kind == Type::Kind::kUtf8 || type.kind == Type::Kind::kBinary || type.kind == Type::Kind::kFixed;
}

Status wrong(std::string_view cell, const Type& type) {
  return invalid("a cell of type ", type.to_string(), " cannot be: ", cell);
}

Result<Value> parse_json(std::string_view cell, const Type& type) {
  Value value = Value::parse(cell, nullptr, false);
  if (value.is_discarded()) return wrong(cell, type);
  return value;
}

Result<Value> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found("no such file beside the specification: ", path);
  return Value(std::string(std::istreambuf_iterator<char>(file), {}));
}

Result<Value> decode_hex(std::string_view cell, const Type& type) {
  std::string bytes;
  for (std::size_t i = 2; i + 1 < cell.size() - 1; i += 2) {
    unsigned byte = 0;
    if (std::from_chars(&cell[i], &cell[i] + 2, byte, 16).ptr != &cell[i] + 2) return wrong(cell, type);
    bytes += static_cast<char>(byte);
  }
  return Value(bytes);
}

Result<Value> decode_text(std::string_view cell, const Type& type, const std::string& folder) {
  if (cell.starts_with('"')) return parse_json(cell, type);
  if (cell.starts_with('@')) return read_file(folder + '/' + std::string(cell.substr(1)));
  if (type.kind != Type::Kind::kUtf8 && cell.starts_with("x'") && cell.ends_with('\'')) return decode_hex(cell, type);
  std::string text(cell);
  if (const std::size_t at = text.find("$HERE"); at != text.npos) text.replace(at, 5, folder);
  return Value(text);
}

template <class T>
Result<Value> decode_number(std::string_view cell, const Type& type) {
  T value{};
  const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failure != std::errc() || end != cell.data() + cell.size()) return wrong(cell, type);
  return Value(value);
}

/// Fields that are null are not written, so they are not compared either.
Value without_nulls(const Value& value) {
  if (value.is_array()) {
    Value list = Value::array();
    for (const Value& each : value) list.push_back(without_nulls(each));
    return list;
  }
  if (!value.is_object()) return value;
  Value object = Value::object();
  for (const auto& [name, each] : value.items()) {
    if (!each.is_null()) object[name] = without_nulls(each);
  }
  return object;
}

std::string dump(const Value& value) { return value.dump(-1, ' ', false, Value::error_handler_t::replace); }

bool valid_utf8(std::string_view bytes) {
  return Value::parse(dump(Value(std::string(bytes))), nullptr, false) == Value(std::string(bytes));
}

bool bare(std::string_view text) {
  if (text.empty()) return true;
  if (text == "null" || trim(text) != text || std::string_view("\"[{@#").find(text.front()) != text.npos) return false;
  for (const char c : text) {
    if (c == '|' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return text.find("$HERE") == text.npos;
}

std::string encode_text(std::string text, const Type& type, const std::string& folder) {
  if (!valid_utf8(text) || (type.kind != Type::Kind::kUtf8 && text.starts_with("x'"))) {
    std::string hex = "x'";
    char pair[3];
    for (const unsigned char c : text) std::snprintf(pair, sizeof pair, "%02x", c), hex += pair;
    return hex + "'";
  }
  if (!bare(text)) return dump(Value(text));
  if (const std::size_t at = text.find(folder); at != text.npos && !folder.empty())
    text.replace(at, folder.size(), "$HERE");
  return text;
}

std::string encode_number(double value) {
  char buffer[40];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace

Result<Value> decode_cell(std::string_view cell, const Type& type, const std::string& folder) {
  if (cell == "null") return Value();
  if (textual(type)) return decode_text(cell, type, folder);
  if (nested(type)) {
    MP_ASSIGN(const Value value, parse_json(cell, type));
    return without_nulls(value);
  }
  switch (type.kind) {
    case Type::Kind::kBool:
      if (cell != "true" && cell != "false") return wrong(cell, type);
      return Value(cell == "true");
    case Type::Kind::kInt32:
    case Type::Kind::kInt64: return decode_number<std::int64_t>(cell, type);
    case Type::Kind::kFloat32:
    case Type::Kind::kFloat64: return decode_number<double>(cell, type);
    default: return Value(std::string(cell));  // timestamp, date
  }
}

std::string encode_cell(const Value& value, const Type& type, const std::string& folder) {
  if (value.is_null()) return "null";
  if (textual(type)) return encode_text(value.get<std::string>(), type, folder);
  if (nested(type)) return dump(value);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return encode_number(value.get<double>());
  return dump(value);
}

bool same_value(const Value& a, const Value& b, const Type& type) {
  if (type.kind == Type::Kind::kFloat32 && a.is_number() && b.is_number()) {
    return a.get<float>() == b.get<float>() || (std::isnan(a.get<float>()) && std::isnan(b.get<float>()));
  }
  return nlohmann::json(a) == nlohmann::json(b);
}

Result<Schema> read_header(const TextTable& table) {
  Schema schema;
  for (const std::string& cell : table.header) {
    const std::size_t colon = cell.find(':');
    if (colon == cell.npos) return invalid("a column of `in` is name:type, not: ", cell);
    MP_ASSIGN(Type type, parse_type(trim(std::string_view(cell).substr(colon + 1))));
    schema.push_back({std::string(trim(std::string_view(cell).substr(0, colon))), std::move(type)});
  }
  return schema;
}

Result<Batch> read_batch(const TextTable& table, const Schema& schema, const std::string& folder) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (std::size_t column = 0; column < schema.size(); ++column) {
    std::vector<Value> values;
    for (const auto& row : table.rows) {
      if (row.size() != schema.size()) {
        return invalid("a row of `in` has ", row.size(), " cells, the header ", schema.size(), ": ", join_cells(row));
      }
      MP_ASSIGN(Value value, decode_cell(row[column], schema[column].type, folder));
      values.push_back(std::move(value));
    }
    MP_ASSIGN(auto array, array_of(values, schema[column].type));
    columns.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(to_arrow(schema), static_cast<std::int64_t>(table.rows.size()), columns);
}

Result<std::vector<Value>> column_values(const arrow::Array& column, const Type& type) {
  return values_of(column, type);
}

}  // namespace millpond::spec
