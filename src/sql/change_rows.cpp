// UPDATE and MERGE: DuckDB runs the statement on a temporary table of the rows that it concerns.

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "core/arrow_status.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"
#include "sql/merge_action.h"
#include "sql/pond_write.h"
#include "sql/sql_text.h"

namespace millpond::sql {
namespace {

constexpr const char* kRows = "millpond_changing";     // the concerned rows, and where each comes from
constexpr const char* kPlaces = "millpond_concerned";  // the places alone, to see later what was deleted
constexpr const char* kMark = "millpond_changed";
constexpr const char* kPlace = "millpond_file, millpond_row";

/// The row ids of rows at ascending positions, file by file.
class RowIds {
 public:
  static Result<RowIds> open(const pond::Table& table, std::vector<pond::FilePart> parts, Context& context) {
    RowIds ids;
    pond::ReadOptions options;
    options.with_lineage = true;
    options.columns = {cheapest_column(table.schema())};
    ids.parts_ = std::make_unique<std::vector<pond::FilePart>>(std::move(parts));
    MP_ASSIGN(ids.rows_, table.read(*ids.parts_, options, context));
    return ids;
  }
  Result<std::shared_ptr<arrow::Array>> next(std::int64_t count, Context& context) {
    arrow::Int64Builder out;
    MP_TRY(from_arrow(out.Reserve(count)));
    while (out.length() < count) {
      if (!batch_ || at_ == batch_->length()) {
        MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
        if (!batch) return internal("rows that an update concerns have no ids: ", count - out.length());
        batch_ = std::static_pointer_cast<arrow::Int64Array>((*batch)->GetColumnByName("_row_id"));
        at_ = 0;
      }
      for (; at_ < batch_->length() && out.length() < count; ++at_) {
        if (batch_->IsNull(at_)) {
          out.UnsafeAppendNull();
        } else {
          out.UnsafeAppend(batch_->Value(at_));
        }
      }
    }
    std::shared_ptr<arrow::Array> array;
    MP_TRY(from_arrow(out.Finish(&array)));
    return array;
  }

 private:
  static std::string cheapest_column(const Schema& schema) {
    const auto rank = [](const Field& field) { return static_cast<int>(field.type.kind); };
    return std::min_element(schema.begin(), schema.end(),
                            [&](const Field& a, const Field& b) { return rank(a) < rank(b); })
        ->name;
  }
  std::unique_ptr<std::vector<pond::FilePart>> parts_;  // which the stream reads from
  std::unique_ptr<Stream> rows_;
  std::shared_ptr<arrow::Int64Array> batch_;
  std::int64_t at_ = 0;
};

class RowChange {
 public:
  RowChange(Session::State& state, const Change& change, Context& context)
      : state_(state), change_(change), context_(context), merge_(change.kind == Change::Kind::kMerge) {
    for (const MergeClause& clause : change.clauses) {
      by_source_ |= clause.by_source;
      const std::vector<Token> words = tokens_of(clause.action);
      const bool deletes = !words.empty() && words[0].is("delete");
      deletes_ |= deletes;
      const std::vector<Token> when = tokens_of(clause.when);
      const bool matched = when.size() > 1 && when[1].is("matched");
      changes_matches_ |= matched && !words.empty() && (deletes || words[0].is("update"));
    }
  }
  ~RowChange() { drop(); }

  Result<Outcome> run() {
    state_.begin_statement();
    drop();
    MP_ASSIGN(const pond::Table table, state_.pond->table(change_.table));
    for (const Field& field : table.schema()) { columns_ += (columns_.empty() ? "" : ", ") + quoted_name(field.name); }
    MP_TRY(gather(table));
    MP_TRY(check_single_matches());
    MP_ASSIGN(const std::string statement, statement_on_rows(table.schema()));
    MP_TRY(execute(statement));
    return commit(table);
  }

 private:
  Status execute(const std::string& sql) {
    MP_ASSIGN(Prepared prepared, state_.prepare(sql));
    MP_ASSIGN(const auto rows, run_prepared(*state_.api, state_.connection, std::move(prepared), context_));
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows->next(context_));
      if (!batch) return {};
    }
  }
  Result<std::unique_ptr<Stream>> select(const std::string& sql) {
    MP_ASSIGN(Prepared prepared, state_.prepare(sql));
    return run_prepared(*state_.api, state_.connection, std::move(prepared), context_);
  }
  void drop() {
    for (const char* table : {kRows, kPlaces}) (void)state_.execute(std::string("DROP TABLE IF EXISTS temp.") + table);
  }

  Status gather(const pond::Table& table) {
    MP_ASSIGN(placed_, rows_with_places(state_, table, change_, context_));
    std::string from = " FROM (" + placed_.scan + ") AS " + quoted_name(change_.alias);
    if (!merge_) from += concerned_rows(change_);
    if (merge_ && !by_source_) from += " SEMI JOIN " + change_.source + "\n" + change_.on;
    std::string columns;  // by the table's name: a source may have columns of the same names
    for (const Field& field : table.schema()) {
      columns += quoted_name(change_.alias) + "." + quoted_name(field.name) + ", ";
    }
    const std::string alias = quoted_name(change_.alias);
    const std::string place = placed_.parts.empty() ? "NULL::BIGINT AS millpond_file, NULL::BIGINT AS millpond_row"
                                                    : alias + ".file_index::BIGINT AS millpond_file, " + alias +
                                                          ".file_row_number::BIGINT AS millpond_row";
    MP_TRY(execute(std::string("CREATE TEMP TABLE ") + kRows + " AS " + change_.with + " SELECT " + columns + place +
                   ", false AS " + kMark + from));
    if (!deletes_) return {};
    return execute(std::string("CREATE TEMP TABLE ") + kPlaces + " AS SELECT " + kPlace + " FROM " + kRows);
  }

  /// Which of several matches wins would depend on the order in which threads meet them.
  Status check_single_matches() {
    if (change_.source.empty() || (merge_ && !changes_matches_)) return {};
    const std::string rows = std::string(kRows) + " AS " + quoted_name(change_.alias);
    std::string from;
    if (merge_) {
      from = rows + " JOIN " + change_.source + "\n" + change_.on;
    } else {
      from = rows + ", " + change_.source + (change_.query.empty() ? std::string() : "\nWHERE " + change_.query);
    }
    MP_ASSIGN(const auto twice, select(change_.with + " SELECT 1 FROM " + from + "\nGROUP BY " + kPlace +
                                       " HAVING count(*) > 1 LIMIT 1"));
    MP_ASSIGN(const std::optional<Batch> batch, twice->next(context_));
    if (!batch) return {};
    return invalid("several rows of the source match one row of the table: ", change_.table)
        .hint("Make the source's rows distinct by what they are matched on.");
  }

  Result<std::string> statement_on_rows(const Schema& schema) {
    const std::string target = std::string(kRows) + " AS " + quoted_name(change_.alias);
    if (!merge_) {
      std::string sql = change_.with + " UPDATE " + target + " SET " + kMark + " = true, " + change_.settings;
      if (!change_.source.empty()) sql += "\nFROM " + change_.source;
      if (!change_.query.empty()) sql += "\nWHERE " + change_.query;
      return sql;
    }
    std::vector<std::string> source_columns;
    {
      MP_ASSIGN(const Prepared source, state_.prepare(change_.with + " SELECT * FROM " + change_.source));
      for (std::uint64_t i = 0; i < source.columns(); ++i) source_columns.push_back(source.column_name(i));
    }
    const std::string name = name_of_source(change_.source);
    if (name.empty()) return invalid("give the source of MERGE a name: ", change_.source);
    std::string sql = change_.with + " MERGE INTO " + target + " USING " + change_.source + "\n" + change_.on;
    for (const MergeClause& clause : change_.clauses) {
      MP_ASSIGN(const std::string action, explicit_action(clause.action, schema, name, source_columns, kMark));
      sql += "\n" + clause.when + " THEN " + action;
    }
    return sql;
  }

  /// Positions by part, of rows that the statement changed or deleted.
  Result<std::int64_t> collect(const std::string& sql, std::vector<std::vector<std::int64_t>>& positions) {
    MP_ASSIGN(const auto rows, select(sql));
    std::int64_t count = 0;
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows->next(context_));
      if (!batch) return count;
      const auto& file = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
      const auto& row = static_cast<const arrow::Int64Array&>(*(*batch)->column(1));
      for (std::int64_t i = 0; i < (*batch)->num_rows(); ++i) {
        positions[static_cast<std::size_t>(file.Value(i))].push_back(row.Value(i));
      }
      count += (*batch)->num_rows();
    }
  }

  Result<std::int64_t> write(pond::DataWriter& writer, const arrow::Schema& schema, const std::string& where,
                             RowIds* ids) {
    MP_ASSIGN(const auto rows, select("SELECT " + columns_ + " FROM " + kRows + where));
    std::int64_t count = 0;
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows->next(context_));
      if (!batch) return count;
      count += (*batch)->num_rows();
      MP_ASSIGN(Batch of_table, under_names_of(schema, **batch));
      if (ids != nullptr) {
        MP_ASSIGN(const auto column, ids->next(of_table->num_rows(), context_));
        MP_ASSIGN(of_table, from_arrow(of_table->AddColumn(of_table->num_columns(), "_row_id", column)));
      }
      MP_TRY(writer.write(of_table));
    }
  }

  Result<Outcome> commit(const pond::Table& table) {
    const std::size_t parts = placed_.parts.size();
    const std::string changed = std::string(" WHERE ") + kMark + " AND millpond_file IS NOT NULL ORDER BY " + kPlace;
    const std::string added = " WHERE millpond_file IS NULL ORDER BY ALL";
    std::vector<std::vector<std::int64_t>> updated(parts), deleted(parts);
    MP_ASSIGN(const std::int64_t updates,
              collect(std::string("SELECT ") + kPlace + " FROM " + kRows + changed, updated));
    std::int64_t deletes = 0;
    if (deletes_) {
      MP_ASSIGN(deletes, collect(std::string("SELECT ") + kPlace + " FROM " + kPlaces + " ANTI JOIN " + kRows +
                                     " USING (" + kPlace + ") ORDER BY ALL",
                                 deleted));
    }
    const bool lineage = table.format_version() >= 3;
    std::optional<RowIds> ids;
    if (lineage && updates > 0) {
      std::vector<pond::FilePart> concerned;
      for (std::size_t i = 0; i < parts; ++i) {
        if (updated[i].empty()) continue;
        pond::FilePart part = placed_.parts[i];
        part.only = std::make_shared<const pond::Positions>(updated[i]);
        concerned.push_back(std::move(part));
      }
      MP_ASSIGN(ids, RowIds::open(table, std::move(concerned), context_));
    }
    pond::DataWriterOptions options;
    options.lineage = lineage;
    pond::DataWriter writer(table, options);
    const ArrowSchema schema = table.arrow_schema();
    if (updates > 0) { MP_TRY(write(writer, *schema, changed, ids ? &*ids : nullptr)); }
    std::int64_t inserts = 0;
    if (merge_) { MP_ASSIGN(inserts, write(writer, *schema, added, nullptr)); }
    MP_ASSIGN(auto files, writer.close());
    pond::Update update = table.update();
    for (std::size_t i = 0; i < parts; ++i) {
      for (auto* positions : {&updated[i], &deleted[i]}) {
        if (!positions->empty()) update.delete_rows(placed_.parts[i].file.path, std::move(*positions));
      }
    }
    // On another state the statement could mean other rows.
    MP_TRY(update.append(std::move(files)).require_snapshot(table.current_id()).commit(context_));
    if (!merge_) return Outcome{nullptr, counted(updates) + " updated in " + change_.table};
    return Outcome{nullptr, counted(inserts) + " inserted, " + std::to_string(updates) + " updated, " +
                                std::to_string(deletes) + " deleted in " + change_.table};
  }

  Session::State& state_;
  const Change& change_;
  Context& context_;
  const bool merge_;
  bool by_source_ = false, deletes_ = false, changes_matches_ = false;
  std::string columns_;
  Placed placed_;
};

}  // namespace

Result<Outcome> change_rows(Session::State& state, const Change& change, Context& context) {
  constexpr int kTries = 5;
  for (int tried = 1;; ++tried) {
    Result<Outcome> outcome = RowChange(state, change, context).run();
    if (outcome.ok() || outcome.status().code() != Code::kConflict || tried == kTries) return outcome;
  }
}

}  // namespace millpond::sql
