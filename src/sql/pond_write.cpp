// Statements that change tables of the pond: DuckDB computes the rows, the pond commits them.

#include "sql/pond_write.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <optional>

#include "core/arrow_status.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"
#include "pond/state.h"
#include "sql/fixed_bytes.h"
#include "sql/sql_text.h"
#include "sql/table_scan.h"

namespace millpond::sql {
namespace {

bool is_own(std::string_view table) { return table == "sources" || table == "runs" || table == "rejects"; }

/// Those of the table's columns that a statement gives values for, in the table's order.
ArrowSchema given_columns(const pond::Table& table, const std::vector<std::string>& names) {
  arrow::FieldVector fields;
  for (const auto& field : table.arrow_schema()->fields()) {
    const bool given = names.empty() || std::find(names.begin(), names.end(), field->name()) != names.end();
    if (given) fields.push_back(field);
  }
  return arrow::schema(std::move(fields));
}

/// The rows of the stream, whose columns are `wanted`, into data files that the caller commits. The table's other
/// columns get their defaults.
Result<std::vector<pond::DataFile>> write_rows(const pond::Table& table, const ArrowSchema& wanted, Stream& rows,
                                               std::int64_t& count, Context& context) {
  pond::DataWriter writer(table);
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows.next(context));
    if (!batch) break;
    count += (*batch)->num_rows();
    MP_ASSIGN(const Batch of_table, under_names_of(*wanted, **batch));
    MP_TRY(writer.write(of_table));
  }
  return writer.close();
}

/// "SELECT CAST(... AS BIGINT) AS ..., ... FROM (query)": the given columns, in the table's order and types.
Result<std::string> conforming(const Change& change, const pond::Table& table) {
  const std::vector<pond::IcebergField>& fields = table.state()->metadata.schema().fields;
  const Schema& schema = table.schema();
  std::vector<std::string> given = change.columns;
  if (given.empty() && !change.by_name) {
    for (const Field& field : schema) given.push_back(field.name);
  }
  std::string columns, names;
  for (const std::string& name : given) {
    if (!find_field(schema, name)) return not_found("table ", change.table, " has no column: ", name);
    names += (names.empty() ? "" : ", ") + quoted_name(name);
  }
  for (const pond::IcebergField& field : fields) {
    const bool there = change.by_name || std::find(given.begin(), given.end(), field.name) != given.end();
    if (!there) continue;
    const std::string name = quoted_name(field.name);
    columns += (columns.empty() ? "CAST(" : ", CAST(") + name + " AS " + duckdb_type(field.type) + ") AS " + name;
  }
  return "SELECT " + columns + " FROM (" + change.query + "\n) AS given" + (names.empty() ? "" : "(" + names + ")");
}

/// Rows that a model made say so in the column `synthetic`; a statement that copies their texts copies it, too.
/// `given`: the columns that the statement fills. The tables that it reads are those of `state.scans`.
Status check_marks(const Session::State& state, const std::string& table, const Schema& given) {
  constexpr std::string_view kSynthetic = "synthetic";
  const bool texts = std::any_of(given.begin(), given.end(), [](const Field& field) {
    return field.name.front() != '_' && (field.type == utf8() || field.type == list(utf8()));
  });
  if (!texts || find_field(given, kSynthetic)) return {};
  for (const auto& [name, query] : state.scans) {
    MP_ASSIGN(const bool there, state.pond->has_table(name));
    if (!there) continue;
    MP_ASSIGN(const pond::Table from, state.pond->table(name));
    if (!find_field(from.schema(), kSynthetic)) continue;
    return invalid("table ", table,
                   " would have texts, but not the column that says which of them a model made: ", name, ".",
                   kSynthetic)
        .hint("Select it as well; of groups, max(synthetic) as synthetic.");
  }
  return {};
}

Result<Outcome> insert(Session::State& state, const Change& change, Context& context) {
  MP_ASSIGN(const pond::Table table, state.pond->table(change.table));
  Change by_names = change;
  if (change.by_name) {  // columns that the query does not have are null
    MP_ASSIGN(const Prepared query, state.prepare(change.query));
    for (std::uint64_t i = 0; i < query.columns(); ++i) by_names.columns.push_back(query.column_name(i));
    by_names.by_name = false;
  }
  MP_ASSIGN(const std::string sql, conforming(by_names, table));
  MP_ASSIGN(const auto rows, state.query(sql, context));
  Schema filled = table.schema();
  if (const auto& names = by_names.columns; !names.empty()) {
    std::erase_if(filled, [&](const Field& f) { return std::find(names.begin(), names.end(), f.name) == names.end(); });
  }
  MP_TRY(check_marks(state, change.table, filled));
  std::int64_t count = 0;
  MP_ASSIGN(auto files, write_rows(table, given_columns(table, by_names.columns), *rows, count, context));
  MP_TRY(table.update().append(std::move(files)).commit(context));
  return Outcome{nullptr, counted(count) + " into " + change.table};
}

/// The query with its columns in types that a table keeps.
Result<std::string> storable(Session::State& state, const std::string& query, bool exact) {
  MP_ASSIGN(const Prepared prepared, state.prepare(query));
  std::string sql;
  for (std::uint64_t i = 0; i < prepared.columns(); ++i) {
    const std::string name = quoted_name(prepared.column_name(i)), type = prepared.stored_type(i, exact);
    sql += (sql.empty() ? "SELECT " : ", ") + (type.empty() ? name : "CAST(" + name + " AS " + type + ") AS " + name);
  }
  return sql + " FROM (" + query + "\n)";
}

bool has_types(const pond::Table& table, const arrow::FieldVector& columns) {
  for (const auto& column : columns) {
    const auto old = table.arrow_schema()->GetFieldByName(column->name());
    const std::string exact = pond::exact_types({column});
    if (old ? pond::exact_types({old}) != exact : exact != "[null]") return false;
  }
  return true;
}

Result<Outcome> create(Session::State& state, const Change& change, Context& context) {
  MP_ASSIGN(const bool there, state.pond->has_table(change.table));
  if (there && change.if_not_exists) return Outcome{nullptr, "the table exists: " + change.table};
  if (there && !change.replace) {
    return Status(Code::kAlreadyExists, "the table exists: " + change.table)
        .hint("CREATE OR REPLACE TABLE replaces its rows; INSERT INTO adds to them.");
  }
  MP_ASSIGN(std::string sql, storable(state, change.query, true));
  MP_ASSIGN(auto rows, state.query(sql, context));
  if (there) {  // a column that is there keeps its type, and a new one is added as flows know it
    MP_ASSIGN(const pond::Table old, state.pond->table(change.table));
    if (!has_types(old, rows->schema()->fields())) {
      rows.reset();
      MP_ASSIGN(sql, storable(state, change.query, false));
      MP_ASSIGN(rows, state.query(sql, context));
    }
  }
  const arrow::FieldVector columns = rows->schema()->fields();
  MP_ASSIGN(Schema schema, pond::plain_columns(columns));
  for (Field& field : schema) {
    field.required = false;
    const bool id = field.name == "_row" || field.name == "_parent" || field.name == "_key";
    if (id && field.type == binary()) field.type = fixed(16);
  }
  MP_TRY(check_marks(state, change.table, schema));
  std::int64_t count = 0;
  if (there) {
    MP_ASSIGN(const pond::Table old, state.pond->table(change.table));
    MP_ASSIGN(const pond::Table table, [&]() -> Result<pond::Table> {
      if (old.schema() == schema) return old;
      return old.update().evolve(schema).commit(context);
    }());
    MP_ASSIGN(auto files, write_rows(table, table.arrow_schema(), *rows, count, context));
    MP_TRY(table.update().replace_all(std::move(files)).commit(context));
    return Outcome{nullptr, counted(count) + " in " + change.table};
  }
  MP_ASSIGN(const pond::Table table, state.pond->create_table(change.table, schema, exact_columns(columns)));
  const Status status = [&]() -> Status {
    MP_ASSIGN(auto files, write_rows(table, table.arrow_schema(), *rows, count, context));
    return table.update().append(std::move(files)).allow_empty().commit(context).status();
  }();
  if (!status.ok()) {
    (void)state.pond->drop_table(change.table);
    return status;
  }
  return Outcome{nullptr, counted(count) + " in the new table " + change.table};
}

/// Builds overwrite what they derive, so rows that a statement put there would vanish, or stay for good.
Status check_not_derived(const pond::Pond& pond, const std::string& name) {
  MP_ASSIGN(const pond::Table table, pond.table(name));
  const auto snapshots = table.snapshots();
  const bool derived = std::any_of(snapshots.begin(), snapshots.end(), [](const pond::Snapshot& snapshot) {
    return snapshot.summary.contains("millpond.fingerprint");
  });
  if (!derived) return {};
  return Status(Code::kPermissionDenied, "the flow makes this table, so builds overwrite it: " + name)
      .hint("Change pond.yaml, or CREATE TABLE another one AS SELECT from it.");
}

Status check_may_change(const Session::State& state, const Change& change, bool there) {
  if (!state.options.write) {
    return Status(Code::kPermissionDenied, "this statement changes the pond, and the session only reads")
        .hint("Run it with --write.");
  }
  if (is_own(change.table)) return Status(Code::kPermissionDenied, "the table is millpond's own: " + change.table);
  if (change.returning) {
    return unsupported("RETURNING on a table of the pond: ", change.table).hint("Ask with a SELECT afterwards.");
  }
  return there ? check_not_derived(*state.pond, change.table) : Status();
}

}  // namespace

Result<Batch> under_names_of(const arrow::Schema& wanted, const arrow::RecordBatch& rows) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  arrow::FieldVector fields;
  for (int i = 0; i < wanted.num_fields(); ++i) {
    std::shared_ptr<arrow::Array> column = rows.column(i);
    const auto& type = wanted.field(i)->type();
    if (type->id() == arrow::Type::FIXED_SIZE_BINARY) { MP_ASSIGN(column, to_fixed_bytes(*column, type)); }
    fields.push_back(arrow::field(wanted.field(i)->name(), column->type()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), rows.num_rows(), std::move(columns));
}

std::map<std::string, std::string> exact_columns(const arrow::FieldVector& columns) {
  std::string types = pond::exact_types(columns);
  if (types.find('"') == std::string::npos) return {};
  return {{pond::kExactTypesKey, std::move(types)}};
}

std::string counted(std::int64_t rows) { return std::to_string(rows) + (rows == 1 ? " row" : " rows"); }

Result<std::optional<Outcome>> run_on_pond(Session::State& state, std::string_view statement, Context& context) {
  const std::optional<Change> change = parse_change(statement);
  if (!change) return std::optional<Outcome>();
  const bool makes = change->kind == Change::Kind::kCreate;
  MP_ASSIGN(const bool there, state.pond->has_table(change->table));
  if (!there && !makes) return std::optional<Outcome>();  // DuckDB's own, or an error that it words
  MP_TRY(check_may_change(state, *change, there));
  auto done = [&]() -> Result<Outcome> {
    switch (change->kind) {
      case Change::Kind::kInsert: return insert(state, *change, context);
      case Change::Kind::kCreate: return create(state, *change, context);
      case Change::Kind::kDelete: return delete_rows(state, *change, context);
      case Change::Kind::kUpdate:
      case Change::Kind::kMerge: return change_rows(state, *change, context);
      case Change::Kind::kDrop: break;
    }
    MP_TRY(state.pond->drop_table(change->table));
    return Outcome{nullptr, "dropped " + change->table};
  }();
  if (!done.ok()) return std::move(done).status();
  return std::optional<Outcome>(*std::move(done));
}

}  // namespace millpond::sql
