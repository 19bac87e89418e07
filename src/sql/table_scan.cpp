#include "sql/table_scan.h"

#include "pond/state.h"
#include "sql/sql_text.h"

namespace millpond::sql {
namespace {

using pond::IcebergField;
using pond::IcebergType;

std::string joined(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) {
    text += (text.empty() ? "" : ", ") + quoted_name(field.name) + ' ' + duckdb_type(field.type);
  }
  return text;
}

/// `schema = MAP {1: {name: ..., type: ..., default_value: NULL}, ...}`: what read_parquet calls columns by field id.
std::string by_field_id(const std::vector<IcebergField>& fields, const Schema& schema) {
  std::string text = "schema=MAP{";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(fields[i].id) + ": {name: " + quoted_text(fields[i].name) +
            ", type: " + quoted_text(duckdb_type(schema[i].type)) + ", default_value: NULL}";
  }
  return text + "}";
}

std::string no_rows(const Schema& schema) {
  std::string columns;
  for (const Field& field : schema) {
    columns += (columns.empty() ? "" : ", ") + ("NULL::" + duckdb_type(field.type)) + " AS " + quoted_name(field.name);
  }
  return "SELECT " + columns + " WHERE false";
}

}  // namespace

std::string duckdb_type(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kBool: return "BOOLEAN";
    case Type::Kind::kInt32: return "INTEGER";
    case Type::Kind::kInt64: return "BIGINT";
    case Type::Kind::kFloat32: return "FLOAT";
    case Type::Kind::kFloat64: return "DOUBLE";
    case Type::Kind::kUtf8: return "VARCHAR";
    case Type::Kind::kBinary:
    case Type::Kind::kFixed: return "BLOB";
    case Type::Kind::kTimestamp: return "TIMESTAMP WITH TIME ZONE";
    case Type::Kind::kDate: return "DATE";
    case Type::Kind::kList: return duckdb_type(type.children[0].type) + "[]";
    case Type::Kind::kStruct: return "STRUCT(" + joined(type.children) + ")";
    case Type::Kind::kMap:
      return "MAP(" + duckdb_type(type.children[0].type) + ", " + duckdb_type(type.children[1].type) + ")";
  }
  return "VARCHAR";
}

Result<std::string> select_from_files(const pond::Table& table, std::span<const pond::FilePart> parts, LiveRows& live) {
  const Schema& schema = table.schema();
  const std::string columns = by_field_id(table.state()->metadata.schema().fields, schema);
  std::string whole, partial;
  std::vector<LiveRows::Mask> masks;
  for (const pond::FilePart& part : parts) {
    const std::string path = quoted_text(table.pond()->to_path(part.file.path));
    const bool all = !part.only && (!part.deleted || part.deleted->empty());
    std::string& list = all ? whole : partial;
    list += (list.empty() ? "" : ", ") + path;
    if (!all) masks.push_back(LiveRows::mask_of(part));
  }
  std::string sql;
  if (!whole.empty()) sql = "SELECT * FROM read_parquet([" + whole + "], " + columns + ")";
  if (!partial.empty()) {
    if (!sql.empty()) sql += " UNION ALL ";
    sql += "SELECT * FROM read_parquet([" + partial + "], " + columns + ") WHERE millpond_live(" +
           std::to_string(live.add(std::move(masks))) + "::BIGINT, file_index, file_row_number)";
  }
  return sql.empty() ? no_rows(schema) : sql;
}

Result<std::string> select_with_positions(const pond::Table& table, std::span<const pond::FilePart> parts,
                                          LiveRows& live) {
  std::string files;
  std::vector<LiveRows::Mask> masks;
  for (const pond::FilePart& part : parts) {
    files += (files.empty() ? "" : ", ") + quoted_text(table.pond()->to_path(part.file.path));
    masks.push_back(LiveRows::mask_of(part));
  }
  return "SELECT *, file_index, file_row_number FROM read_parquet([" + files + "], " +
         by_field_id(table.state()->metadata.schema().fields, table.schema()) + ") WHERE millpond_live(" +
         std::to_string(live.add(std::move(masks))) + "::BIGINT, file_index, file_row_number)";
}

}  // namespace millpond::sql
