#pragma once
// Cells of a specification and values of Arrow columns, both ways.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/schema.h"
#include "spec_file.h"

namespace millpond::spec {

/// A value as JSON: binary as a string of bytes, timestamps and dates as ISO text, structs without their null fields.
using Value = nlohmann::ordered_json;

/// Reads one cell. `null` is null; a text may stand bare or as a JSON string; binary may also be x'00ff';
/// lists, structs and maps are JSON. `@NAME` is the content of a file beside the specification, and `$HERE` in a bare
/// text is that folder.
/// Errors: kInvalidArgument with the cell.
Result<Value> decode_cell(std::string_view cell, const Type& type, const std::string& folder);

/// The shortest form that `decode_cell` reads back.
std::string encode_cell(const Value& value, const Type& type, const std::string& folder);

/// Equal, whatever the order of fields, and numbers by value.
bool same_value(const Value& a, const Value& b, const Type& type);

/// The input block as one batch. The header's cells are `name:type`.
Result<Schema> read_header(const TextTable& table);
Result<Batch> read_batch(const TextTable& table, const Schema& schema, const std::string& folder);

/// All values of one column.
Result<std::vector<Value>> column_values(const arrow::Array& column, const Type& type);

}  // namespace millpond::spec
