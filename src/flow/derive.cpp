#include "flow/derive.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>

#include "core/exchange.h"
#include "flow/ledger.h"
#include "flow/row_maker.h"
#include "flow/table_writer.h"
#include "flow/upstream_reader.h"

namespace millpond::flow {
namespace {

bool same_columns(const Schema& a, const Schema& b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&](const Field& field) {
    const Field* other = find_field(b, field.name);
    return other && other->type == field.type;
  });
}

}  // namespace

Status delete_children(const RowIdSet& removed, TableWriter& writer, TableReport& report, Context& context) {
  if (removed.empty() || !writer.table().current()) return {};
  MP_ASSIGN(const auto files, writer.table().files());
  const auto parts = pond::parts_of(files);
  std::vector<std::vector<std::int64_t>> positions(parts.size());
  MP_TRY(
      each_id(writer.table(), parts, "_parent", context, [&](std::size_t file, std::int64_t position, const RowId& id) {
        if (removed.count(id)) positions[file].push_back(position);
      }));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (positions[i].empty()) continue;
    report.rows_deleted += static_cast<std::int64_t>(positions[i].size());
    writer.delete_rows(parts[i].file.path, std::move(positions[i]));
  }
  return {};
}

namespace {

Status make_all(const pond::Table& upstream, const PlannedTable& planned, const Change& change, const KnownRows* known,
                TableWriter& writer, RejectLedger& rejects, const std::string& run, TableReport& report, bool& whole,
                Context& context) {
  MP_ASSIGN(const auto reader, UpstreamReader::open(upstream, planned, change.added, context));
  std::vector<std::unique_ptr<RowMaker>> makers;
  std::vector<std::unique_ptr<RowIndexer>> indexers;
  for (int i = 0; i < std::max(1, context.threads()); ++i) {
    MP_ASSIGN(auto maker, RowMaker::make(planned, known));
    makers.push_back(std::move(maker));
    MP_ASSIGN(auto indexer, writer.make_indexer());
    indexers.push_back(std::move(indexer));
  }
  // What is made of a batch takes several times its own bytes while it is made, and as much again while it waits.
  OrderedExchange<Batch, MadeRows> exchange(context.threads(), 2 * context.threads() + 2,
                                            std::max<std::int64_t>(context.memory().limit_bytes() / 16, 8 << 20),
                                            [](const Batch& batch) { return input_bytes(batch); });
  const auto pull = [&] { return reader->next(context); };
  const auto work = [&](int worker, Batch&& batch) -> Result<MadeRows> {
    MP_TRY(context.check());
    MP_ASSIGN(MadeRows made, makers[static_cast<std::size_t>(worker)]->make_rows(batch, context));
    made.input_bytes = input_bytes(batch);
    if (RowIndexer* indexer = indexers[static_cast<std::size_t>(worker)].get()) {
      MP_ASSIGN(made.indexed, indexer->index(made.rows));
    }
    return made;
  };
  const auto consume = [&](MadeRows&& made) -> Status {
    report.rows_in += made.parents;
    report.rows_out += made.rows->num_rows();
    report.rows_reused += made.reused;
    for (const auto& [reason, count] : made.drops) report.drops[reason] += count, report.rows_dropped += count;
    report.rows_rejected += static_cast<std::int64_t>(made.rejects.size());
    for (RejectedRow& reject : made.rejects) rejects.add(std::move(reject));
    MP_TRY(writer.write(made.rows, std::move(made.indexed)));
    context.progress().advance(made.parents_done, made.input_bytes);
    whole = made.whole();
    constexpr std::int64_t kLargeBytes = 16 << 20;
    if (const bool large = made.input_bytes > kLargeBytes; large) {
      made = MadeRows();
      ::malloc_trim(0);
      arrow::default_memory_pool()->ReleaseUnused();
    }
    if (!whole || !writer.due()) return {};
    MP_TRY(rejects.commit(run, context));
    return writer.commit(std::string(kPartial));
  };
  return exchange.run(pull, work, consume);
}

}  // namespace

Result<pond::Table> widen(pond::Pond& pond, pond::Table table, const PlannedTable& planned, Context& context) {
  if (same_columns(table.schema(), planned.schema)) return table;
  Schema both = table.schema();
  for (const Field& field : planned.schema) {
    const Field* present = find_field(both, field.name);
    if (present &&
        !(present->type == field.type)) {  // no common form: the table starts anew, as nothing in it is original
      MP_TRY(pond.drop_table(planned.spec.name));
      return pond.create_table(planned.spec.name, planned.schema, planned.spec.properties);
    }
    if (!present) {
      both.push_back(field);
      both.back().required = false;
    }
  }
  pond::Update update = table.update();
  update.evolve(both);
  return update.commit(context);
}

Status derive(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options, const std::string& run,
              TableReport& report, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  MP_ASSIGN(const pond::Table upstream, pond.table(planned.spec.from));
  MP_ASSIGN(pond::Table table, table_or_new(pond, planned.spec.name, planned.schema));
  report.snapshot = table.current_id();
  if (!upstream.current()) return {};  // nothing was ever built there

  RowIdSet retry;
  {
    MP_ASSIGN(const RejectLedger standing, RejectLedger::open(pond, planned.spec.name, context));
    retry = options.retry_rejects ? standing.parents() : standing.passing();
  }
  MP_ASSIGN(const Change change, change_of(upstream, table, planned.fingerprint, retry, context));
  if (change.nothing() && !change.cursor_only) return {};
  report.rebuilt = change.rebuild;
  context.progress().begin(planned.spec.name, change.added_rows());

  std::unique_ptr<KnownRows> known;
  if (planned.chain.costly_from() < planned.chain.steps().size() && !change.added.empty()) {
    MP_ASSIGN(known, KnownRows::load(table, context));
  }
  if (change.rebuild) { MP_ASSIGN(table, widen(pond, std::move(table), planned, context)); }
  MP_ASSIGN(RejectLedger rejects, RejectLedger::open(pond, planned.spec.name, context));
  if (change.rebuild) rejects.forget_all();
  for (const RowId& gone : change.removed) rejects.forget(gone);
  if (change.reconciled) MP_TRY(rejects.forget_gone(upstream, context));

  TableWriter writer(pond, std::move(table), planned, change.rebuild, context);
  MP_TRY(delete_children(change.removed, writer, report, context));
  Status status;
  bool whole = true;  // no row of what was written has siblings that were not
  if (!change.added.empty()) {
    status = make_all(upstream, planned, change, known.get(), writer, rejects, run, report, whole, context);
  }
  if (status.ok()) {
    MP_TRY(rejects.commit(run, context));
    MP_TRY(writer.commit(std::to_string(*upstream.current_id())));
  } else if (!change.rebuild && whole && report.rows_out > 0) {
    // Stopped or failed half-way: what was made is kept, and the next build goes on after it.
    Context finishing;
    if (rejects.commit(run, finishing).ok()) (void)writer.commit(std::string(kPartial));
  }
  report.snapshot = writer.table().current_id();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  context.progress().end();
  return status;
}

}  // namespace millpond::flow
