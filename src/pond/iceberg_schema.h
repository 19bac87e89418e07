#pragma once
// Schemas as Iceberg keeps them: with an id for every field, stable through renames and widening.
//
// Source: Iceberg spec, "Schemas and Data Types", "Schema Evolution", appendix C "Schemas".

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
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
  /// in nanoseconds), "timestamptz_ns", "time" (int64, microseconds), "decimal(P, S)" (fixed, 16 bytes, as Arrow keeps
  /// it: low bytes first). Empty: the name follows from `kind`.
  std::string alias;
};

struct DecimalShape {
  std::int32_t precision = 0, scale = 0;
};
/// Of "decimal(P, S)"; none for other names, and where P is not 1 to 38 or S not 0 to P.
std::optional<DecimalShape> decimal_of(std::string_view alias);

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

/// As Type::to_string, with the names of aliases.
std::string type_name(const IcebergType& type);

/// The types that Arrow's columns have and Type has not, as a JSON list beside the columns: "time", "decimal(P, S)", a
/// list for the children, or null.
std::string exact_types(const arrow::FieldVector& columns);
/// Gives fields from `with_ids` those types. Errors: kInvalidArgument.
Status apply_exact_types(std::string_view json, IcebergSchema& schema);
/// The columns as Type has them: fixed bytes for decimals, whole numbers for times of day. Errors: kUnsupported.
Result<Schema> plain_columns(const arrow::FieldVector& columns);

/// What readers give and writers take: Arrow's types of `without_ids`, but decimals and times of day as themselves.
ArrowSchema arrow_columns(const std::vector<IcebergField>& fields);

/// The Arrow schema that Parquet writers need: field ids in the metadata of every field, nested ones too.
ArrowSchema arrow_with_ids(const std::vector<IcebergField>& fields);
inline constexpr const char* kFieldIdKey = "PARQUET:field_id";

}  // namespace millpond::pond
