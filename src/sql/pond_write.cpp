// Statements that change tables of the pond: DuckDB computes the rows, the pond commits them.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <optional>

#include "core/arrow_status.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"
#include "sql/fixed_bytes.h"
#include "sql/session_state.h"
#include "sql/sql_text.h"
#include "sql/table_scan.h"

namespace millpond::sql {
namespace {

/// A statement over one table of the pond, cut into its parts.
struct Change {
  enum class Kind : unsigned char { kInsert, kCreate, kDelete, kDrop } kind = Kind::kInsert;
  std::string table;
  std::vector<std::string> columns;  ///< of INSERT; empty: all, in order
  bool by_name = false, replace = false, if_not_exists = false, if_exists = false;
  std::string query;  ///< the SELECT, or the condition of DELETE (empty: every row)
};

/// Reads tokens from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), tokens_(tokens_of(text)) {}
  bool take(std::string_view word) {
    if (next_ >= tokens_.size() || !tokens_[next_].is(word)) return false;
    ++next_;
    return true;
  }
  bool take_all(std::initializer_list<std::string_view> words) {
    const std::size_t before = next_;
    for (const std::string_view word : words) {
      if (!take(word)) return next_ = before, false;
    }
    return true;
  }
  /// A table's name; `main.` before it is allowed.
  std::string name() {
    if (next_ >= tokens_.size() ||
        (tokens_[next_].kind != Token::Kind::kWord && tokens_[next_].kind != Token::Kind::kQuotedName))
      return {};
    std::string text = tokens_[next_++].name();
    if (text == "main" && take(".")) return name();
    return text;
  }
  bool is(std::string_view word) const { return next_ < tokens_.size() && tokens_[next_].is(word); }
  bool is_at(std::size_t ahead, std::string_view word) const {
    return next_ + ahead < tokens_.size() && tokens_[next_ + ahead].is(word);
  }
  std::string rest() const {
    return next_ < tokens_.size() ? std::string(text_.substr(tokens_[next_].at)) : std::string();
  }
  bool done() const { return next_ >= tokens_.size(); }

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
};

std::optional<Change> parse_insert(Reader& in) {
  Change change;
  change.table = in.name();
  if (change.table.empty() || in.is(".")) return {};
  if (in.take_all({"by", "name"})) change.by_name = true;
  if (in.is("(") && !in.is_at(1, "select") && !in.is_at(1, "with") && !in.is_at(1, "from") && in.take("(")) {
    do change.columns.push_back(in.name());
    while (in.take(","));
    if (!in.take(")")) return {};
  }
  change.query = in.rest();
  return change;
}

std::optional<Change> parse_create(Reader& in) {
  Change change;
  change.kind = Change::Kind::kCreate;
  change.replace = in.take_all({"or", "replace"});
  if (!in.take("table")) return {};
  change.if_not_exists = in.take_all({"if", "not", "exists"});
  change.table = in.name();
  if (change.table.empty() || !in.take("as")) return {};
  change.query = in.rest();
  return change;
}

/// None: not for us. DuckDB's own tables (temporary ones, those of attached databases) keep their statements.
std::optional<Change> parse(std::string_view statement) {
  Reader in(statement);
  Change change;
  if (in.take_all({"insert", "into"})) return parse_insert(in);
  if (in.take("create")) return parse_create(in);
  if (in.take_all({"delete", "from"})) {
    change.kind = Change::Kind::kDelete;
    change.table = in.name();
    if (change.table.empty() || !(in.done() || in.take("where"))) return {};
    change.query = in.rest();
    return change;
  }
  if (in.take_all({"drop", "table"})) {
    change.kind = Change::Kind::kDrop;
    change.if_exists = in.take_all({"if", "exists"});
    change.table = in.name();
    if (change.table.empty() || !in.done()) return {};
    return change;
  }
  return {};
}

bool is_own(std::string_view table) { return table == "sources" || table == "runs" || table == "rejects"; }

/// The rows of the stream, whose columns are the table's in order, into data files that the caller commits.
Result<std::vector<pond::DataFile>> write_rows(const pond::Table& table, Stream& rows, std::int64_t& count,
                                               Context& context) {
  pond::DataWriter writer(table);
  const ArrowSchema wanted = table.arrow_schema();
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows.next(context));
    if (!batch) break;
    std::vector<std::shared_ptr<arrow::Array>> columns;
    arrow::FieldVector fields;
    for (int i = 0; i < wanted->num_fields(); ++i) {
      std::shared_ptr<arrow::Array> column = (*batch)->column(i);
      const auto& type = wanted->field(i)->type();
      if (type->id() == arrow::Type::FIXED_SIZE_BINARY) { MP_ASSIGN(column, to_fixed_bytes(*column, type)); }
      fields.push_back(arrow::field(wanted->field(i)->name(), column->type()));
      columns.push_back(std::move(column));
    }
    count += (*batch)->num_rows();
    MP_TRY(writer.write(arrow::RecordBatch::Make(arrow::schema(fields), (*batch)->num_rows(), std::move(columns))));
  }
  return writer.close();
}

std::string counted(std::int64_t rows) { return std::to_string(rows) + (rows == 1 ? " row" : " rows"); }

/// "SELECT CAST(... AS BIGINT) AS ..., ... FROM (query)": the table's columns, in its order and types.
Result<std::string> conforming(const Change& change, const Schema& schema) {
  std::vector<std::string> given = change.columns;
  if (given.empty() && !change.by_name) {
    for (const Field& field : schema) given.push_back(field.name);
  }
  std::string columns, names;
  for (const std::string& name : given) {
    if (!find_field(schema, name)) return not_found("table ", change.table, " has no column: ", name);
    names += (names.empty() ? "" : ", ") + quoted_name(name);
  }
  for (const Field& field : schema) {
    const bool there = change.by_name || std::find(given.begin(), given.end(), field.name) != given.end();
    columns += (columns.empty() ? "CAST(" : ", CAST(") + (there ? quoted_name(field.name) : std::string("NULL")) +
               " AS " + duckdb_type(field.type) + ") AS " + quoted_name(field.name);
  }
  return "SELECT " + columns + " FROM (" + change.query + "\n) AS given" + (names.empty() ? "" : "(" + names + ")");
}

Result<Outcome> insert(Session::State& state, const Change& change, Context& context) {
  MP_ASSIGN(const pond::Table table, state.pond->table(change.table));
  Change by_names = change;
  if (change.by_name) {  // columns that the query does not have are null
    MP_ASSIGN(const Prepared query, state.prepare(change.query));
    for (std::uint64_t i = 0; i < query.columns(); ++i) by_names.columns.push_back(query.column_name(i));
    by_names.by_name = false;
  }
  MP_ASSIGN(const std::string sql, conforming(by_names, table.schema()));
  MP_ASSIGN(const auto rows, state.query(sql, context));
  std::int64_t count = 0;
  MP_ASSIGN(auto files, write_rows(table, *rows, count, context));
  MP_TRY(table.update().append(std::move(files)).commit(context));
  return Outcome{nullptr, counted(count) + " into " + change.table};
}

Result<Outcome> create(Session::State& state, const Change& change, Context& context) {
  MP_ASSIGN(const bool there, state.pond->has_table(change.table));
  if (there && change.if_not_exists) return Outcome{nullptr, "the table exists: " + change.table};
  if (there && !change.replace) {
    return Status(Code::kAlreadyExists, "the table exists: " + change.table)
        .hint("CREATE OR REPLACE TABLE replaces its rows; INSERT INTO adds to them.");
  }
  std::string sql;
  {
    MP_ASSIGN(const Prepared query, state.prepare(change.query));
    for (std::uint64_t i = 0; i < query.columns(); ++i) {
      const std::string name = quoted_name(query.column_name(i)), type = query.stored_type(i);
      sql += (sql.empty() ? "SELECT " : ", ") + (type.empty() ? name : "CAST(" + name + " AS " + type + ") AS " + name);
    }
    sql += " FROM (" + change.query + "\n)";
  }
  MP_ASSIGN(const auto rows, state.query(sql, context));
  MP_ASSIGN(Schema schema, from_arrow(*rows->schema()));
  for (Field& field : schema) {
    field.required = false;
    const bool id = field.name == "_row" || field.name == "_parent" || field.name == "_key";
    if (id && field.type == binary()) field.type = fixed(16);
  }
  std::int64_t count = 0;
  if (there) {
    MP_ASSIGN(const pond::Table old, state.pond->table(change.table));
    MP_ASSIGN(const pond::Table table, [&]() -> Result<pond::Table> {
      if (old.schema() == schema) return old;
      return old.update().evolve(schema).commit(context);
    }());
    MP_ASSIGN(auto files, write_rows(table, *rows, count, context));
    MP_TRY(table.update().replace_all(std::move(files)).commit(context));
    return Outcome{nullptr, counted(count) + " in " + change.table};
  }
  MP_ASSIGN(const pond::Table table, state.pond->create_table(change.table, schema));
  const Status status = [&]() -> Status {
    MP_ASSIGN(auto files, write_rows(table, *rows, count, context));
    return table.update().append(std::move(files)).allow_empty().commit(context).status();
  }();
  if (!status.ok()) {
    (void)state.pond->drop_table(change.table);
    return status;
  }
  return Outcome{nullptr, counted(count) + " in the new table " + change.table};
}

Result<Outcome> remove_rows(Session::State& state, const Change& change, Context& context) {
  MP_ASSIGN(const pond::Table table, state.pond->table(change.table));
  MP_ASSIGN(const std::int64_t before, table.rows());
  if (change.query.empty()) {
    MP_TRY(table.update().replace_all({}).require_snapshot(table.current_id()).commit(context));
    return Outcome{nullptr, counted(before) + " deleted from " + change.table};
  }
  MP_ASSIGN(const auto files, table.files());
  const std::vector<pond::FilePart> parts = pond::parts_of(files);
  if (parts.empty()) return Outcome{nullptr, "0 rows deleted from " + change.table};
  MP_ASSIGN(const std::string scan, select_with_positions(table, parts, state.live));
  MP_ASSIGN(Prepared query, state.prepare("SELECT file_index::BIGINT, file_row_number::BIGINT FROM (" + scan + ") AS " +
                                          quoted_name(change.table) + " WHERE " + change.query));
  MP_ASSIGN(const auto rows, run_prepared(*state.api, state.connection, std::move(query), context));
  std::vector<std::vector<std::int64_t>> positions(parts.size());
  std::int64_t count = 0;
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) break;
    const auto& file = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    const auto& row = static_cast<const arrow::Int64Array&>(*(*batch)->column(1));
    for (std::int64_t i = 0; i < (*batch)->num_rows(); ++i) {
      positions[static_cast<std::size_t>(file.Value(i))].push_back(row.Value(i));
    }
    count += (*batch)->num_rows();
  }
  pond::Update update = table.update();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!positions[i].empty()) update.delete_rows(parts[i].file.path, std::move(positions[i]));
  }
  MP_TRY(update.commit(context));
  return Outcome{nullptr, counted(count) + " deleted from " + change.table};
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

}  // namespace

Result<std::optional<Outcome>> run_on_pond(Session::State& state, std::string_view statement, Context& context) {
  const std::optional<Change> change = parse(statement);
  if (!change) return std::optional<Outcome>();
  const bool makes = change->kind == Change::Kind::kCreate;
  MP_ASSIGN(const bool there, state.pond->has_table(change->table));
  if (!there && !makes) return std::optional<Outcome>();  // DuckDB's own, or an error that it words
  if (!state.options.write) {
    return Status(Code::kPermissionDenied, "this statement changes the pond, and the session only reads")
        .hint("Run it with --write.");
  }
  if (is_own(change->table)) return Status(Code::kPermissionDenied, "the table is millpond's own: " + change->table);
  if (there) MP_TRY(check_not_derived(*state.pond, change->table));
  auto done = [&]() -> Result<Outcome> {
    switch (change->kind) {
      case Change::Kind::kInsert: return insert(state, *change, context);
      case Change::Kind::kCreate: return create(state, *change, context);
      case Change::Kind::kDelete: return remove_rows(state, *change, context);
      case Change::Kind::kDrop: break;
    }
    MP_TRY(state.pond->drop_table(change->table));
    return Outcome{nullptr, "dropped " + change->table};
  }();
  if (!done.ok()) return std::move(done).status();
  return std::optional<Outcome>(*std::move(done));
}

}  // namespace millpond::sql
