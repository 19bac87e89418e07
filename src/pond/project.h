#pragma once
// Gives columns of a file the shape that the table's schema has now.
//
// Source: Iceberg spec, "Column Projection": by field id; what a file lacks is null; widened types are widened.

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <vector>

#include "millpond/status.h"
#include "pond/iceberg_schema.h"

namespace millpond::pond {

/// The field id in an Arrow field's metadata, as the Parquet reader leaves it; -1 if there is none.
std::int32_t field_id(const arrow::Field& field);
/// The field of this id, or, where the file has no ids at all, of this name; -1 if there is none.
int find_column(const arrow::FieldVector& fields, const IcebergField& wanted);

Result<std::shared_ptr<arrow::ArrayData>> project(const std::shared_ptr<arrow::ArrayData>& data,
                                                  const arrow::Field& from, const IcebergField& to,
                                                  const std::shared_ptr<arrow::DataType>& to_type);

}  // namespace millpond::pond
