// DELETE: DuckDB finds the rows, the pond deletes them by position.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "millpond/pond/plan.h"
#include "millpond/pond/update.h"
#include "sql/pond_write.h"
#include "sql/sql_text.h"
#include "sql/table_scan.h"

namespace millpond::sql {
namespace {

/// Files that cannot hold a row of the condition are left out, where the condition is about this table only; `filter`
/// becomes what it says then.
Result<std::vector<pond::FilePart>> parts_to_look_at(Session::State& state, const pond::Table& table,
                                                     const Change& change, pond::Filter& filter, Context& context) {
  if (change.with.empty() && change.source.empty() && !change.query.empty()) {
    state.note_filter(
        "SELECT * FROM " + quoted_name(change.table) + " AS " + quoted_name(change.alias) + " WHERE " + change.query,
        context);
    if (state.filter && state.filter->table == change.table) filter = state.filter->filter;
    state.filter.reset();
  }
  Result<pond::FilePlan> plan = pond::plan_files(table, filter, {}, context);
  // A condition that the table's types do not bear is DuckDB's to judge.
  if (!plan.ok() && plan.status().code() == Code::kInvalidArgument)
    plan = pond::plan_files(table, pond::Filter(), {}, context);
  if (!plan.ok()) return std::move(plan).status();
  return pond::parts_of(plan->files);
}

Result<std::int64_t> delete_once(Session::State& state, const Change& change, Context& context) {
  state.begin_statement();
  MP_ASSIGN(const pond::Table table, state.pond->table(change.table));
  if (change.query.empty() && change.source.empty()) {
    MP_ASSIGN(const std::int64_t before, table.rows());
    MP_TRY(table.update().replace_all({}).require_snapshot(table.current_id()).commit(context));
    return before;
  }
  MP_ASSIGN(const Placed placed, rows_with_places(state, table, change, context));
  if (placed.parts.empty()) return std::int64_t{0};
  MP_ASSIGN(Prepared query, state.prepare(change.with + " SELECT file_index::BIGINT, file_row_number::BIGINT FROM (" +
                                          placed.scan + ") AS " + quoted_name(change.alias) + concerned_rows(change)));
  MP_ASSIGN(const auto rows, run_prepared(*state.api, state.connection, std::move(query), context));
  std::vector<std::vector<std::int64_t>> positions(placed.parts.size());
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
  for (std::size_t i = 0; i < placed.parts.size(); ++i) {
    if (!positions[i].empty()) update.delete_rows(placed.parts[i].file.path, std::move(positions[i]));
  }
  MP_TRY(update.commit(context));
  return count;
}

}  // namespace

std::string concerned_rows(const Change& change) {
  if (change.source.empty()) return change.query.empty() ? std::string() : " WHERE (" + change.query + "\n)";
  return " WHERE EXISTS (SELECT 1 FROM " + change.source +
         (change.query.empty() ? std::string() : "\nWHERE " + change.query) + "\n)";
}

Result<Placed> rows_with_places(Session::State& state, const pond::Table& table, const Change& change,
                                Context& context) {
  Placed placed;
  pond::Filter filter;
  MP_ASSIGN(placed.parts, parts_to_look_at(state, table, change, filter, context));
  MP_ASSIGN(placed.scan, select_with_positions(table, placed.parts, state.live, &filter));
  return placed;
}

Result<Outcome> delete_rows(Session::State& state, const Change& change, Context& context) {
  constexpr int kTries = 5;
  for (int tried = 1;; ++tried) {
    const Result<std::int64_t> count = delete_once(state, change, context);
    if (count.ok()) return Outcome{nullptr, counted(*count) + " deleted from " + change.table};
    if (count.status().code() != Code::kConflict || tried == kTries) return count.status();
  }
}

}  // namespace millpond::sql
