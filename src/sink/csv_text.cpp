#include "sink/csv_text.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "sink/json_text.h"

namespace millpond::sink {
namespace {

void append_quoted(std::string_view text, std::string& out) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos && text.front() != ' ' &&
                     text.back() != ' ';
  if (plain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string plain_text(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return {};
  if (array.type_id() == arrow::Type::STRING) {
    return std::string(static_cast<const arrow::StringArray&>(array).GetView(row));
  }
  if (array.type_id() == arrow::Type::DICTIONARY) {
    const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
    return plain_text(*coded.dictionary(), coded.GetValueIndex(row));
  }
  std::string json;
  append_json(array, row, json);
  // Hexadecimal digits and times are JSON strings that hold nothing to escape.
  if (json.size() >= 2 && json.front() == '"') return json.substr(1, json.size() - 2);
  return json;
}

void append_csv_header(const arrow::Schema& schema, std::string& out) {
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (i > 0) out += ',';
    append_quoted(schema.field(i)->name(), out);
  }
  out += '\n';
}

void append_csv_row(const arrow::RecordBatch& batch, std::int64_t row, std::string& out) {
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (i > 0) out += ',';
    const arrow::Array& column = *batch.column(i);
    if (column.IsNull(row)) continue;
    append_quoted(plain_text(column, row), out);
  }
  out += '\n';
}

}  // namespace millpond::sink
