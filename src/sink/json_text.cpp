#include "sink/json_text.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace millpond::sink {
namespace {

template <class ArrayType>
auto value(const arrow::Array& array, std::int64_t row) {
  return static_cast<const ArrayType&>(array).Value(row);
}

/// The length of the well-formed UTF-8 sequence at `at`; 0 if there is none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(at), second = byte(at + 1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;
    return continues(at + 1) && continues(at + 2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second > 0x8F;
    return continues(at + 1) && continues(at + 2) && continues(at + 3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

template <class Number>
void append_number(Number number, std::string& out) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) {
      out += "null";
      return;
    }
  }
  char digits[40];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);  // the shortest that reads back
}

void append_hex(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : bytes) out += kDigits[static_cast<unsigned char>(c) >> 4], out += kDigits[c & 15];
  out += '"';
}

void append_time(std::int64_t microseconds, bool date_only, std::string& out) {
  constexpr std::int64_t kSecond = 1'000'000;
  const std::int64_t rest = ((microseconds % kSecond) + kSecond) % kSecond;
  const std::time_t seconds = static_cast<std::time_t>((microseconds - rest) / kSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof text, date_only ? "\"%Y-%m-%d" : "\"%Y-%m-%dT%H:%M:%S", &parts);
  out += text;
  if (!date_only && rest != 0) {
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(rest));
    out += text;
  }
  out += date_only ? "\"" : "Z\"";
}

std::int64_t in_microseconds(const arrow::Array& array, std::int64_t row) {
  const std::int64_t at = value<arrow::TimestampArray>(array, row);
  switch (static_cast<const arrow::TimestampType&>(*array.type()).unit()) {
    case arrow::TimeUnit::SECOND: return at * 1'000'000;
    case arrow::TimeUnit::MILLI: return at * 1000;
    case arrow::TimeUnit::NANO: return (at - ((at % 1000) + 1000) % 1000) / 1000;
    default: return at;
  }
}

void append_clock(std::int64_t at, const arrow::Array& array, std::string& out) {
  if (static_cast<const arrow::Time64Type&>(*array.type()).unit() == arrow::TimeUnit::NANO) at /= 1000;
  char text[40];
  const std::int64_t seconds = at / 1'000'000;
  std::snprintf(text, sizeof text, "\"%02d:%02d:%02d.%06d\"", static_cast<int>(seconds / 3600 % 100),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60), static_cast<int>(at % 1'000'000));
  out += text;
}

void append_interval(const arrow::MonthDayNanoIntervalType::MonthDayNanos& of, std::string& out) {
  char text[96];
  std::snprintf(text, sizeof text, "\"%d months %d days %.6f seconds\"", of.months, of.days,
                static_cast<double>(of.nanoseconds) / 1e9);
  out += text;
}

void append_items(const arrow::Array& values, std::int64_t begin, std::int64_t length, std::string& out) {
  out += '[';
  for (std::int64_t i = 0; i < length; ++i) {
    if (i > 0) out += ',';
    append_json(values, begin + i, out);
  }
  out += ']';
}

void append_map(const arrow::MapArray& maps, std::int64_t row, std::string& out) {
  out += '{';
  for (std::int64_t i = 0; i < maps.value_length(row); ++i) {
    if (i > 0) out += ',';
    std::string key;
    append_json(*maps.keys(), maps.value_offset(row) + i, key);
    if (key.empty() || key[0] != '"') {
      append_json_text(key, out);
    } else {
      out += key;
    }
    out += ':';
    append_json(*maps.items(), maps.value_offset(row) + i, out);
  }
  out += '}';
}

}  // namespace

void append_json_text(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = sequence(text, i);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++i;
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\', out += text[i];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else {
      out.append(text.substr(i, length));
    }
    i += length;
  }
  out += '"';
}

void append_json(const arrow::Array& array, std::int64_t row, std::string& out) {
  if (array.IsNull(row)) {
    out += "null";
    return;
  }
  switch (array.type_id()) {
    case arrow::Type::BOOL: out += value<arrow::BooleanArray>(array, row) ? "true" : "false"; return;
    case arrow::Type::INT8: return append_number(int{value<arrow::Int8Array>(array, row)}, out);
    case arrow::Type::INT16: return append_number(value<arrow::Int16Array>(array, row), out);
    case arrow::Type::UINT8: return append_number(unsigned{value<arrow::UInt8Array>(array, row)}, out);
    case arrow::Type::UINT16: return append_number(value<arrow::UInt16Array>(array, row), out);
    case arrow::Type::UINT32: return append_number(value<arrow::UInt32Array>(array, row), out);
    case arrow::Type::UINT64: return append_number(value<arrow::UInt64Array>(array, row), out);
    case arrow::Type::INT32: return append_number(value<arrow::Int32Array>(array, row), out);
    case arrow::Type::INT64: return append_number(value<arrow::Int64Array>(array, row), out);
    case arrow::Type::FLOAT: return append_number(value<arrow::FloatArray>(array, row), out);
    case arrow::Type::DOUBLE: return append_number(value<arrow::DoubleArray>(array, row), out);
    case arrow::Type::STRING: return append_json_text(static_cast<const arrow::StringArray&>(array).GetView(row), out);
    case arrow::Type::BINARY: return append_hex(static_cast<const arrow::BinaryArray&>(array).GetView(row), out);
    case arrow::Type::FIXED_SIZE_BINARY:
      return append_hex(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row), out);
    case arrow::Type::LARGE_STRING:
      return append_json_text(static_cast<const arrow::LargeStringArray&>(array).GetView(row), out);
    case arrow::Type::LARGE_BINARY:
      return append_hex(static_cast<const arrow::LargeBinaryArray&>(array).GetView(row), out);
    case arrow::Type::DECIMAL128: {  // a number, with all of its digits
      out += static_cast<const arrow::Decimal128Array&>(array).FormatValue(row);
      return;
    }
    case arrow::Type::DICTIONARY: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      return append_json(*coded.dictionary(), coded.GetValueIndex(row), out);
    }
    case arrow::Type::TIME64: return append_clock(value<arrow::Time64Array>(array, row), array, out);
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return append_interval(static_cast<const arrow::MonthDayNanoIntervalArray&>(array).Value(row), out);
    case arrow::Type::TIMESTAMP: return append_time(in_microseconds(array, row), false, out);
    case arrow::Type::DATE32:
      return append_time(std::int64_t{value<arrow::Date32Array>(array, row)} * 86'400'000'000, true, out);
    case arrow::Type::MAP: return append_map(static_cast<const arrow::MapArray&>(array), row, out);
    case arrow::Type::LIST: {
      const auto& lists = static_cast<const arrow::ListArray&>(array);
      return append_items(*lists.values(), lists.value_offset(row), lists.value_length(row), out);
    }
    case arrow::Type::STRUCT: {
      const auto& structs = static_cast<const arrow::StructArray&>(array);
      out += '{';
      for (int i = 0; i < structs.num_fields(); ++i) {
        if (i > 0) out += ',';
        append_json_text(structs.struct_type()->field(i)->name(), out);
        out += ':';
        append_json(*structs.field(i), row, out);
      }
      out += '}';
      return;
    }
    default: out += "null"; return;
  }
}

}  // namespace millpond::sink
