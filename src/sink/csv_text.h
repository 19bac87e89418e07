#pragma once
// Rows as comma-separated values.

#include <string>

#include "millpond/type_fwd.h"

namespace millpond::sink {

/// Names of the columns, and a line break.
void append_csv_header(const arrow::Schema& schema, std::string& out);

/// One line. Texts with a comma, a quote, a line break or spaces at an end are quoted, and so is the empty text; null
/// is nothing between commas. Binary values are hexadecimal, times ISO 8601, lists and structs JSON. Source: RFC 4180,
/// with a line feed at the ends of lines.
void append_csv_row(const arrow::RecordBatch& batch, std::int64_t row, std::string& out);

/// A value as people read it: as in CSV, without the quotes.
std::string plain_text(const arrow::Array& array, std::int64_t row);

}  // namespace millpond::sink
