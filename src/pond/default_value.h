#pragma once
// Default values of columns: what rows have that were written before the column was added, or without it.
//
// Source: Iceberg spec, "Default Values", appendix D "JSON single-value serialization".

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "millpond/status.h"
#include "pond/iceberg_schema.h"

namespace millpond::pond {

/// So many times the value that `json` stands for; nulls if it is empty. Errors: kDataCorrupt; kUnsupported for values
/// of nested types.
Result<std::shared_ptr<arrow::Array>> default_array(const std::string& json, const IcebergType& type,
                                                    const std::shared_ptr<arrow::DataType>& arrow_type,
                                                    std::int64_t rows);

/// So many times the value that stands in these bytes, in the binary form of appendix D. Errors: kDataCorrupt.
Result<std::shared_ptr<arrow::Array>> array_of_bytes(const std::string& bytes, const IcebergType& type,
                                                     const std::shared_ptr<arrow::DataType>& arrow_type,
                                                     std::int64_t rows);

}  // namespace millpond::pond
