#pragma once
// Schemas as Iceberg keeps them: with an id for every field, stable through renames and widening.
//
// Source: Iceberg spec, "Schemas and Data Types", "Schema Evolution", appendix C "Schemas".

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "millpond/schema.h"
#include "millpond/status.h"

namespace millpond::pond {

struct IcebergField;

struct IcebergType {
  Type::Kind kind = Type::Kind::kUtf8;
  int width_bytes = 0;
  std::vector<IcebergField> children;  ///< as in Type
};

struct IcebergField {
  std::int32_t id = 0;
  std::string name;
  bool required = false;
  IcebergType type;
  std::string doc;
};

struct IcebergSchema {
  std::int32_t id = 0;
  std::vector<IcebergField> fields;
  std::vector<std::int32_t> identifier_ids;
  std::string json;  ///< as it stands in metadata
};

/// Errors: kDataCorrupt; kUnsupported for a type that millpond has no column type for, naming the column.
Result<IcebergSchema> parse_iceberg_schema(const nlohmann::json& value);
/// Sets `json`.
void serialise(IcebergSchema& schema);

/// Gives fresh ids, counting on from `last_column_id`.
IcebergSchema with_ids(const Schema& schema, std::int32_t id, std::int32_t& last_column_id);
/// The schema after a change; ids stay by name. Errors: kInvalidArgument.
Result<IcebergSchema> evolved(const IcebergSchema& from, const Schema& to, std::int32_t id,
                              std::int32_t& last_column_id);
Schema without_ids(const IcebergSchema& schema);

/// The Arrow schema that Parquet writers need: field ids in the metadata of every field, nested ones too.
ArrowSchema arrow_with_ids(const std::vector<IcebergField>& fields);
inline constexpr const char* kFieldIdKey = "PARQUET:field_id";

}  // namespace millpond::pond
