#include "extract/records/value_text.h"

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "core/arrow_status.h"

namespace millpond::extract {
namespace {

void append_quoted(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00", out += kHex[c >> 4], out += kHex[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

Status append_items(const arrow::Array& items, std::int64_t begin, std::int64_t end, std::string& out) {
  out += '[';
  for (std::int64_t i = begin; i < end; ++i) {
    if (i > begin) out += ',';
    MP_TRY(append_value(items, i, true, out));
  }
  out += ']';
  return {};
}

}  // namespace

Status append_value(const arrow::Array& column, std::int64_t row, bool nested, std::string& out) {
  if (column.IsNull(row)) {
    out += "null";
    return {};
  }
  std::string_view text;
  if (const auto* texts = dynamic_cast<const arrow::BinaryArray*>(&column)) {
    text = texts->GetView(row);
  } else if (const auto* large = dynamic_cast<const arrow::LargeBinaryArray*>(&column)) {
    text = large->GetView(row);
  } else if (const auto* lists = dynamic_cast<const arrow::ListArray*>(&column)) {
    return append_items(*lists->values(), lists->value_offset(row), lists->value_offset(row + 1), out);
  } else if (const auto* structs = dynamic_cast<const arrow::StructArray*>(&column)) {
    out += '{';
    for (int i = 0; i < structs->num_fields(); ++i) {
      if (i > 0) out += ',';
      append_quoted(structs->struct_type()->field(i)->name(), out);
      out += ':';
      const auto field = structs->field(i);
      MP_TRY(append_value(*field, row, true, out));
    }
    out += '}';
    return {};
  } else {
    MP_ASSIGN(const auto scalar, from_arrow(column.GetScalar(row)));
    const auto type = column.type_id();
    const bool bare = type == arrow::Type::BOOL || arrow::is_integer(type) || arrow::is_floating(type);
    if (!nested || bare) {
      out += scalar->ToString();
    } else {
      append_quoted(scalar->ToString(), out);
    }
    return {};
  }
  if (nested) {
    append_quoted(text, out);
  } else {
    out += text;
  }
  return {};
}

}  // namespace millpond::extract
