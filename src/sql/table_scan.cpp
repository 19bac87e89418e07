#include "sql/table_scan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pond/object/object_path.h"
#include "pond/state.h"
#include "sql/parquet_files.h"
#include "sql/present_columns.h"
#include "sql/sql_text.h"

namespace millpond::sql {
namespace {

using pond::IcebergField;
using pond::IcebergType;

template <class AnyField>
std::string joined(const std::vector<AnyField>& fields) {
  std::string text;
  for (const AnyField& field : fields) {
    text += (text.empty() ? "" : ", ") + quoted_name(field.name) + ' ' + duckdb_type(field.type);
  }
  return text;
}

/// What rows have that were written before the column was added; as text, which DuckDB casts. Source: Iceberg spec,
/// appendix D, "JSON single-value serialization".
Result<std::string> default_of(const IcebergField& field) {
  if (field.initial_default.empty() || field.initial_default == "null") return std::string("NULL");
  const auto value = nlohmann::json::parse(field.initial_default, nullptr, false);
  if (value.is_discarded())
    return corrupt("the default of column ", field.name, " is no JSON: ", field.initial_default);
  const Type::Kind kind = field.type.kind;
  const bool bytes = kind == Type::Kind::kBinary || (kind == Type::Kind::kFixed && !pond::decimal_of(field.type.alias));
  if (value.is_structured() || bytes) return unsupported("SQL over a column with such a default: ", field.name);
  return quoted_text(value.is_string() ? value.get<std::string>() : value.dump());
}

/// `schema = MAP {1: {name: ..., type: ..., default_value: ...}, ...}`: what read_parquet calls columns by field id.
Result<std::string> by_field_id(const std::vector<IcebergField>& fields) {
  std::string text = "schema=MAP{";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    MP_ASSIGN(const std::string otherwise, default_of(fields[i]));
    text += (i == 0 ? "" : ", ") + std::to_string(fields[i].id) + ": {name: " + quoted_text(fields[i].name) +
            ", type: " + quoted_text(duckdb_type(fields[i].type)) + ", default_value: " + otherwise + "}";
  }
  return text + "}";
}

std::string null_columns(const std::vector<IcebergField>& fields) {
  std::string columns;
  for (const IcebergField& field : fields) {
    columns += (columns.empty() ? "" : ", ") + ("NULL::" + duckdb_type(field.type)) + " AS " + quoted_name(field.name);
  }
  return "SELECT " + columns;
}

std::string no_rows(const std::vector<IcebergField>& fields) { return null_columns(fields) + " WHERE false"; }

std::string cast_columns(const std::vector<IcebergField>& fields) {
  std::string columns;
  for (const IcebergField& field : fields) {
    const std::string name = quoted_name(field.name);
    columns += (columns.empty() ? "CAST(" : ", CAST(") + name + " AS " + duckdb_type(field.type) + ") AS " + name;
  }
  return columns;
}

/// Files that one read_parquet reads, with their masks.
struct FileList {
  std::string paths;
  std::string only;  ///< the path of the only file
  std::vector<LiveRows::Mask> masks;
  bool any_masked = false;

  void add(const std::string& path, const pond::FilePart& part, bool masked) {
    only = paths.empty() ? path : "";
    paths += (paths.empty() ? "" : ", ") + quoted_text(path);
    masks.push_back(LiveRows::mask_of(part));
    any_masked = any_masked || masked;
  }
  /// " WHERE ..." if not every row counts.
  std::string where(LiveRows& live) {
    if (!any_masked) return {};
    return " WHERE millpond_live(" + std::to_string(live.add(std::move(masks))) +
           "::BIGINT, file_index, file_row_number)";
  }
};

/// DuckDB reads files of this machine only, unless an extension is installed.
bool any_object(const pond::Table& table, std::span<const pond::FilePart> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](const pond::FilePart& part) {
    return pond::is_object(table.pond()->to_path(part.file.path));
  });
}

/// Whether the columns of a file are known by their names. Those are taken as they are now: a column that was renamed
/// since would read as null.
Result<bool> known_by_name(const pond::Table& table, const pond::DataFile& file, const std::string& path) {
  const bool mapped = table.properties().contains(pond::kNameMappingKey);
  if (!is_foreign_file(file.path) && !(mapped && lacks_ids(path))) return false;
  for (const IcebergField& field : table.state()->metadata.schema().fields) {
    const std::vector<std::string>& names = field.mapped_names;
    if (names.empty() || std::find(names.begin(), names.end(), field.name) != names.end()) continue;
    return unsupported("SQL over files without column ids, of a column that has another name now: ", field.name)
        .hint("`millpond maintain` compacts small files, and writes ids; or name the column as it was.");
  }
  return true;
}

/// Where a file of one list stands among all, as an expression of `file_index`.
std::string index_among_all(const std::vector<std::size_t>& places, bool alone) {
  if (alone) return "file_index::BIGINT";
  std::string list;
  for (const std::size_t place : places) list += (list.empty() ? "" : ", ") + std::to_string(place);
  return "[" + list + "][file_index::BIGINT + 1]::BIGINT";
}

/// The columns of the table from these files. DuckDB 1.5 reads a single file on one thread if columns are given by id,
/// and on all of them by name.
Result<std::string> select_columns(const FileList& list, const std::vector<IcebergField>& fields) {
  if (!list.only.empty() && has_present_columns(list.only, fields)) {
    return "SELECT " + cast_columns(fields) + " FROM read_parquet([" + list.paths + "])";
  }
  MP_ASSIGN(const std::string by_id, by_field_id(fields));
  return "SELECT * FROM read_parquet([" + list.paths + "], " + by_id + ")";
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

std::string duckdb_type(const IcebergType& type) {
  if (type.alias == "time") return "TIME";
  if (const auto shape = pond::decimal_of(type.alias)) {
    return "DECIMAL(" + std::to_string(shape->precision) + ", " + std::to_string(shape->scale) + ")";
  }
  switch (type.kind) {
    case Type::Kind::kList: return duckdb_type(type.children[0].type) + "[]";
    case Type::Kind::kStruct: return "STRUCT(" + joined(type.children) + ")";
    case Type::Kind::kMap:
      return "MAP(" + duckdb_type(type.children[0].type) + ", " + duckdb_type(type.children[1].type) + ")";
    default: break;
  }
  Type plain;
  plain.kind = type.kind;
  return duckdb_type(plain);
}

Result<std::string> select_from_files(const pond::Table& table, std::span<const pond::FilePart> parts, LiveRows& live,
                                      const pond::Filter* filter) {
  if (any_object(table, parts)) return live.ranges().select(table, parts, filter, false);
  const std::vector<IcebergField>& fields = table.state()->metadata.schema().fields;
  FileList whole, partial, foreign;
  for (const pond::FilePart& part : parts) {
    const bool all = !part.only && (!part.deleted || part.deleted->empty());
    const std::string path = table.pond()->to_path(part.file.path);
    MP_ASSIGN(const bool by_name, known_by_name(table, part.file, path));
    FileList& list = by_name ? foreign : all ? whole : partial;
    list.add(path, part, !all);
  }
  std::string sql;
  const auto also = [&](const std::string& select) { sql += (sql.empty() ? "" : " UNION ALL ") + select; };
  if (!whole.paths.empty()) {
    MP_ASSIGN(const std::string select, select_columns(whole, fields));
    also(select);
  }
  if (!partial.paths.empty()) {
    MP_ASSIGN(const std::string select, select_columns(partial, fields));
    also(select + partial.where(live));
  }
  if (!foreign.paths.empty()) {
    // Columns that these files lack are null: the empty SELECT before them has all.
    also("SELECT " + cast_columns(fields) + " FROM (" + no_rows(fields) +
         " UNION ALL BY NAME SELECT * FROM read_parquet([" + foreign.paths + "], union_by_name=true)" +
         foreign.where(live) + ")");
  }
  return sql.empty() ? no_rows(fields) : sql;
}

Result<std::string> select_with_positions(const pond::Table& table, std::span<const pond::FilePart> parts,
                                          LiveRows& live, const pond::Filter* filter) {
  if (any_object(table, parts)) return live.ranges().select(table, parts, filter, true);
  const std::vector<IcebergField>& fields = table.state()->metadata.schema().fields;
  FileList own, foreign;
  std::vector<std::size_t> own_places, foreign_places;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string path = table.pond()->to_path(parts[i].file.path);
    MP_ASSIGN(const bool by_name, known_by_name(table, parts[i].file, path));
    (by_name ? foreign : own).add(path, parts[i], true);
    (by_name ? foreign_places : own_places).push_back(i);
  }
  const std::string own_index = index_among_all(own_places, foreign_places.empty());
  const std::string foreign_index = index_among_all(foreign_places, own_places.empty());
  const std::string no_places = ", NULL::BIGINT AS file_index, NULL::BIGINT AS file_row_number WHERE false";
  std::string sql;
  if (!own.paths.empty()) {
    MP_ASSIGN(const std::string by_id, by_field_id(fields));
    sql = "SELECT *, " + own_index + " AS file_index, file_row_number FROM read_parquet([" + own.paths + "], " + by_id +
          ")" + own.where(live);
  }
  if (!foreign.paths.empty()) {
    // Columns that these files lack are null: the empty SELECT before them has all.
    sql += (sql.empty() ? "SELECT " : " UNION ALL SELECT ") + cast_columns(fields) + ", " + foreign_index +
           " AS file_index, file_row_number FROM (" + null_columns(fields) + no_places +
           " UNION ALL BY NAME SELECT *, file_index::BIGINT AS file_index, file_row_number FROM read_parquet([" +
           foreign.paths + "], union_by_name=true)" + foreign.where(live) + ")";
  }
  return sql.empty() ? null_columns(fields) + no_places : sql;
}

}  // namespace millpond::sql
