#include "millpond/flow/step.h"

#include <arrow/record_batch.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "flow/change.h"
#include "flow/derive.h"
#include "flow/fold_table.h"
#include "flow/ledger.h"
#include "flow/step_outcome.h"
#include "flow/step_rows.h"
#include "flow/table_writer.h"

namespace millpond::flow {
namespace {

using nlohmann::json;

/// What changed since the table was built, and whether every row of it is made anew.
struct Planned {
  Change change;
  bool replace = false;
};

Result<Planned> change_now(pond::Pond& pond, const PlannedTable& planned, const pond::Table& upstream,
                           const pond::Table& table, bool retry_rejects, Context& context) {
  MP_ASSIGN(const RejectLedger standing, RejectLedger::open(pond, planned.spec.name, context));
  const RowIdSet retry = retry_rejects ? standing.parents() : standing.passing();
  Planned found;
  MP_ASSIGN(found.change, change_of(upstream, table, planned.fingerprint, retry, context));
  found.replace = found.change.rebuild || (planned.fold && !(found.change.nothing() && table.current()));
  return found;
}

}  // namespace

Result<const PlannedTable*> planned_table(const Plan& plan, std::string_view table) {
  if (const PlannedTable* found = plan.find(table)) return found;
  return not_found("the flow has no table: ", table);
}

Result<TableWork> plan_work(pond::Pond& pond, const Plan& plan, std::string_view name, const BuildOptions& options,
                            std::int64_t splits, Context& context) {
  MP_ASSIGN(const PlannedTable* planned, planned_table(plan, name));
  TableWork work;
  work.table = name;
  work.folded = planned->fold != nullptr;
  MP_ASSIGN(const pond::Table upstream, pond.table(planned->spec.from));
  MP_ASSIGN(pond::Table table, table_or_new(pond, planned->spec.name, planned->schema));
  work.nothing = true;
  if (!upstream.current()) return work;
  MP_ASSIGN(const Planned now, change_now(pond, *planned, upstream, table, options.retry_rejects, context));
  if (now.change.nothing() && !now.change.cursor_only) return work;
  work.nothing = false;
  if (now.replace) { MP_ASSIGN(table, widen(pond, std::move(table), *planned, context)); }
  std::vector<pond::FilePart> parts = now.change.added;
  if (work.folded && now.replace) {  // a fold sees every row
    MP_ASSIGN(const auto files, upstream.files());
    parts = pond::parts_of(files);
  }
  work.splits = cut(parts, *upstream.current_id(), splits);
  const json base = {{"table", table.current_id().value_or(0)},
                     {"upstream", *upstream.current_id()},
                     {"retry_rejects", options.retry_rejects},
                     {"started_us", now_us()}};
  work.base = base.dump();
  return work;
}

Result<std::string> run_split(pond::Pond& pond, const Plan& plan, std::string_view name, std::string_view split,
                              Context& context) {
  MP_ASSIGN(const PlannedTable* planned, planned_table(plan, name));
  if (planned->fold) return invalid("the rows of a fold are made in a shuffle: ", name);
  MP_ASSIGN(const auto rows, MadeSplit::open(pond, *planned, split, context));
  MP_ASSIGN(pond::Table table, pond.table(name));
  TableWriter writer(pond, std::move(table), *planned, false, context);
  StepOutcome outcome;
  while (true) {
    MP_ASSIGN(const std::optional<MadeRows> made, rows->next(context));
    if (!made) break;
    outcome.add(*made);
    outcome.rows_out += made->rows->num_rows();
    MP_TRY(writer.write(made->rows));
  }
  MP_ASSIGN(outcome.files, writer.take_files());
  return to_text(outcome);
}

Result<TableReport> commit_work(pond::Pond& pond, const Plan& plan, const TableWork& work,
                                const std::vector<std::string>& outcomes, const std::string& run, Context& context) {
  MP_ASSIGN(const PlannedTable* planned, planned_table(plan, work.table));
  TableReport report{.table = work.table};
  if (work.nothing) return report;
  const json base = json::parse(work.base, nullptr, false);
  if (base.is_discarded()) return invalid("not the base of a table's work: ", work.base);
  StepOutcome all;
  for (const std::string& text : outcomes) {
    MP_ASSIGN(StepOutcome outcome, outcome_from(text));
    all.add(std::move(outcome));
  }
  MP_ASSIGN(const pond::Table upstream, pond.table(planned->spec.from));
  MP_ASSIGN(pond::Table table, pond.table(work.table));
  const std::int64_t cursor = base.at("upstream");
  if (table.current_id().value_or(0) != base.at("table") || upstream.current_id() != cursor) {
    return conflict("another build changed the table while it was worked on: ", work.table).hint("Build again.");
  }
  MP_ASSIGN(const Planned now, change_now(pond, *planned, upstream, table, base.at("retry_rejects"), context));
  report.rebuilt = now.change.rebuild;
  report.rows_in = all.rows_in;
  report.rows_out = all.rows_out;
  report.rows_reused = all.rows_reused;
  report.rows_rejected = static_cast<std::int64_t>(all.rejects.size());
  if (const std::int64_t gone = all.rows_made - all.rows_out; planned->fold && gone > 0)
    all.drops[fold_drop(*planned->fold)] += gone;
  for (const auto& [reason, count] : all.drops) report.rows_dropped += count;
  report.drops = std::move(all.drops);

  MP_ASSIGN(RejectLedger rejects, RejectLedger::open(pond, work.table, context));
  if (now.replace) rejects.forget_all();
  for (const RowId& gone : now.change.removed) rejects.forget(gone);
  if (now.change.reconciled) MP_TRY(rejects.forget_gone(upstream, context));
  for (RejectedRow& reject : all.rejects) rejects.add(std::move(reject));
  TableWriter writer(pond, std::move(table), *planned, now.replace, context);
  if (!now.replace) MP_TRY(delete_children(now.change.removed, writer, report, context));
  writer.adopt(std::move(all.files));
  MP_TRY(rejects.commit(run, context));
  MP_TRY(writer.commit(std::to_string(cursor)));
  report.snapshot = writer.table().current_id();
  const std::int64_t started_us = base.at("started_us");
  report.seconds = static_cast<double>(now_us() - started_us) / 1e6;
  const auto indexing = context.service<Indexing>();
  if (planned->index && indexing->complete) {
    MP_TRY(indexing->complete(pond, *planned->index, writer.table(), context));
  }
  return report;
}

}  // namespace millpond::flow
