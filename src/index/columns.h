#pragma once
// Arrow columns as a segment reads them: texts, vectors and values to store.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/index/segment.h"

namespace millpond::index {

/// The column `name`. Errors: kNotFound.
Result<const arrow::Array*> column_of(const arrow::RecordBatch& batch, std::string_view name);

/// Appends the texts of one row: one for utf8, n for list<utf8>, none for null. Errors: kUnsupported.
Status texts_of(const arrow::Array& column, std::int64_t row, std::vector<std::string_view>& texts);

/// Errors: kUnsupported for structs, maps and lists of these.
Result<StoredValue> value_of(const arrow::Array& column, std::int64_t row);

/// Appends `value_of` as stored bytes. Errors: the same.
Status encode_cell(const arrow::Array& column, std::int64_t row, std::string& out);

}  // namespace millpond::index
