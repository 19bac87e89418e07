#pragma once
// Arrow values as JSON and as text for people.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "millpond/type_fwd.h"

namespace millpond::ask {

/// Fixed and binary values are hexadecimal, timestamps ISO 8601 in UTC.
nlohmann::ordered_json to_json(const arrow::Array& array, std::int64_t row);
/// A row as an object, in column order.
nlohmann::ordered_json to_json(const Batch& batch, std::int64_t row);
/// "2026-01-31 12:00:00".
std::string time_text(std::int64_t microseconds);
std::int64_t rows_of(const Batch& batch);
std::string text_at(const Batch& batch, const std::string& column, std::int64_t row);     ///< empty if null or absent
std::int64_t number_at(const Batch& batch, const std::string& column, std::int64_t row);  ///< 0 if null or absent

}  // namespace millpond::ask
