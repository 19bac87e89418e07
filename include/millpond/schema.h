#pragma once
// Column types as operators declare them: plain values, free of Arrow headers.

#include <string>
#include <vector>

#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond {

struct Field;

/// The logical type of a column. Every kind has one Arrow type and one Iceberg type (docs/formats/types.md).
struct Type {
  enum class Kind : unsigned char {
    kBool,
    kInt32,
    kInt64,
    kFloat32,
    kFloat64,
    kUtf8,
    kBinary,
    kFixed,
    kTimestamp /* UTC, microseconds */,
    kDate,
    kList,
    kStruct,
    kMap
  };
  Kind kind = Kind::kUtf8;
  int width_bytes = 0;          ///< of kFixed
  std::vector<Field> children;  ///< kList: element; kStruct: fields; kMap: key, value

  bool operator==(const Type& other) const;
  std::string to_string() const;  ///< "list<struct<kind: utf8, page: int32>>"
};

struct Field {
  std::string name;
  Type type;
  bool required = false;  ///< Iceberg `required`; Arrow non-nullable
  bool operator==(const Field&) const = default;
};

using Schema = std::vector<Field>;

Type boolean();
Type int32();
Type int64();
Type float32();
Type float64();
Type utf8();
Type binary();
Type fixed(int width_bytes);
Type timestamp();
Type date();
Type list(Type element);
Type structure(std::vector<Field> fields);
Type map(Type key, Type value);

/// Parses what `to_string` prints. Errors: kInvalidArgument with the position.
Result<Type> parse_type(std::string_view text);

std::shared_ptr<arrow::DataType> to_arrow(const Type& type);
ArrowSchema to_arrow(const Schema& schema);
Result<Type> from_arrow(const arrow::DataType& type);
Result<Schema> from_arrow(const arrow::Schema& schema);

const Field* find_field(const Schema& schema, std::string_view name);  ///< null if there is none

}  // namespace millpond
