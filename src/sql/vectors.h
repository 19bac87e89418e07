#pragma once
// Columns of record batches as DuckDB's vectors.

#include <cstdint>

#include "millpond/schema.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"
#include "pond/iceberg_schema.h"
#include "sql/duckdb_api.h"

namespace millpond::sql {

/// DuckDB's type for a column: a handle that the caller destroys. As `duckdb_type` names it.
duck::Handle new_logical_type(const duck::Api& api, const pond::IcebergType& type);

/// Copies rows of a column into the beginning of a vector of that type. Errors: kUnsupported.
Status copy_to_vector(const duck::Api& api, const arrow::Array& column, std::int64_t first, std::int64_t rows,
                      duck::Handle vector);

}  // namespace millpond::sql
