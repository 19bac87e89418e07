#pragma once
// JSON values to Arrow arrays and back, for every type that millpond has.

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "millpond/schema.h"

namespace millpond::spec {

/// Errors: kInvalidArgument for a value that does not fit the type.
Result<std::shared_ptr<arrow::Array>> array_of(const std::vector<nlohmann::ordered_json>& values, const Type& type);

/// Null struct fields are left out.
Result<std::vector<nlohmann::ordered_json>> values_of(const arrow::Array& array, const Type& type);

}  // namespace millpond::spec
