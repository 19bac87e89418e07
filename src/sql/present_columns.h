#pragma once
// Files whose columns need no translation.

#include <string>
#include <vector>

#include "pond/iceberg_schema.h"

namespace millpond::sql {

/// Whether a Parquet file has all of the fields, with their ids under their present names, so that it can be read by
/// name. Reads the footer. False for a file that cannot be read: the query that reads it says why.
bool has_present_columns(const std::string& path, const std::vector<pond::IcebergField>& fields);

/// Whether no column of a Parquet file has an id. False for a file that cannot be read.
bool lacks_ids(const std::string& path);

}  // namespace millpond::sql
