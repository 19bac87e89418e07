#pragma once
// Constants of a filter as values of a column, and what partition values cover.

#include <cstdint>
#include <string>

#include "millpond/pond/filter.h"
#include "pond/iceberg_schema.h"
#include "pond/partition.h"

namespace millpond::pond {

struct ColumnConstant {
  std::int64_t whole = 0;          ///< whole numbers, booleans, days since 1970, times in the column's unit
  double real = 0, real_high = 0;  ///< they differ where engines may compare as floats or as doubles
  std::string text;
  bool whole_part_only = false;  ///< the column has whole numbers, the constant has not; rounded down
};
/// Errors: kInvalidArgument if it is no value of the column.
Result<ColumnConstant> constant_of(const FilterValue& value, const IcebergField& column);

/// The smallest and the largest value of a column of whole numbers or times that a transform maps to `value`.
std::int64_t first_of_partition(const PartitionField& field, const IcebergType& type, std::int64_t value);
std::int64_t last_of_partition(const PartitionField& field, const IcebergType& type, std::int64_t value);

/// The field that a filter names: `a`, or within structs `a.b`; null if there is none.
const IcebergField* find_named(const std::vector<IcebergField>& fields, std::string_view name);

}  // namespace millpond::pond
