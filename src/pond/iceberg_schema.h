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
  /// Iceberg's name where `kind` is only how we see it: "uuid" (fixed), "timestamp" and "timestamp_ns" (without a zone,
  /// in nanoseconds), "timestamptz_ns". Empty: the name follows from `kind`.
  std::string alias;
};

struct IcebergField {
  std::int32_t id = 0;
  std::string name;
  bool required = false;
  IcebergType type;
  std::string doc;
  std::string initial_default, write_default;  ///< JSON; empty: null. Version 3
  std::vector<std::string> mapped_names;       ///< in files without ids; empty: `name`. Of the table's name mapping
};

struct IcebergSchema {
  std::int32_t id = 0;
  std::vector<IcebergField> fields;
  std::vector<std::int32_t> identifier_ids;
  std::string json;  ///< as it stands in metadata
};

inline constexpr const char* kNameMappingKey = "schema.name-mapping.default";
/// Sets `mapped_names` from the property of a table. Source: Iceberg spec, appendix C "Name Mapping Serialization".
Status apply_name_mapping(std::string_view json, std::vector<IcebergField>& fields);

/// The columns of row lineage in data files.
inline constexpr std::int32_t kRowIdColumn = 2147483540, kLastUpdatedColumn = 2147483539;

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
