#include "flow/fold_table.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>

#include "core/arrow_status.h"
#include "core/exchange.h"
#include "flow/derive.h"
#include "flow/ledger.h"
#include "flow/row_maker.h"
#include "flow/table_writer.h"
#include "flow/upstream_reader.h"

namespace millpond::flow {

PlannedTable without_fold(const PlannedTable& planned) {
  PlannedTable rows = planned;
  rows.schema.resize(planned.schema.size() - planned.fold->adds.size());
  rows.fold = nullptr;
  return rows;
}

Result<Batch> with_new_ids(const Batch& rows, const PlannedTable& planned) {
  std::vector<std::string> added;
  for (const Field& field : planned.fold->adds) added.push_back(field.name);
  MP_ASSIGN(const std::vector<RowId> values, hash_rows(rows, added, planned.fingerprint));
  const auto column = rows->GetColumnByName("_row");
  const auto& before = static_cast<const arrow::FixedSizeBinaryArray&>(*column);
  arrow::FixedSizeBinaryBuilder ids(arrow::fixed_size_binary(16));
  MP_TRY(from_arrow(ids.Reserve(rows->num_rows())));
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    const RowId id = derived_row_id(row_id_from(before.GetView(row)), values[static_cast<std::size_t>(row)].view(), 0);
    ids.UnsafeAppend(id.bytes.data());
  }
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const Field& field : planned.schema) {
    auto kept = rows->GetColumnByName(field.name);
    if (field.name == "_row") { MP_ASSIGN(kept, from_arrow(ids.Finish())); }
    if (!kept) return internal("no column for the table: ", field.name);
    columns.push_back(std::move(kept));
  }
  return arrow::RecordBatch::Make(to_arrow(planned.schema), rows->num_rows(), std::move(columns));
}

namespace {

/// The rows that the steps make of the upstream, pulled: some batches at a time go through all threads.
class MadeStream final : public Stream {
 public:
  MadeStream(UpstreamReader& reader, std::vector<std::unique_ptr<RowMaker>> makers, ArrowSchema schema,
             RejectLedger& rejects, TableReport& report, std::int64_t& rows)
      : reader_(reader),
        makers_(std::move(makers)),
        schema_(std::move(schema)),
        rejects_(rejects),
        report_(report),
        rows_(rows) {}
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (ready_.empty() && !ended_) MP_TRY(make_some(context));
    if (ready_.empty()) return std::optional<Batch>();
    Batch batch = std::move(ready_.front());
    ready_.pop_front();
    return std::optional<Batch>(std::move(batch));
  }

 private:
  Status make_some(Context& context) {
    const int threads = static_cast<int>(makers_.size());
    int left = 4 * threads;
    OrderedExchange<Batch, MadeRows> exchange(threads, 2 * threads + 2);
    const auto pull = [&]() -> Result<std::optional<Batch>> {
      if (left-- == 0) return std::optional<Batch>();
      MP_ASSIGN(std::optional<Batch> batch, reader_.next(context));
      ended_ = !batch;
      return batch;
    };
    const auto work = [&](int worker, Batch&& batch) -> Result<MadeRows> {
      MP_TRY(context.check());
      MP_ASSIGN(MadeRows made, makers_[static_cast<std::size_t>(worker)]->make_rows(batch, context));
      made.input_bytes = input_bytes(batch);
      return made;
    };
    const auto consume = [&](MadeRows&& made) -> Status {
      report_.rows_in += made.parents;
      report_.rows_reused += made.reused;
      for (const auto& [reason, count] : made.drops) report_.drops[reason] += count, report_.rows_dropped += count;
      report_.rows_rejected += static_cast<std::int64_t>(made.rejects.size());
      for (RejectedRow& reject : made.rejects) rejects_.add(std::move(reject));
      context.progress().advance(made.parents_done, made.input_bytes);
      rows_ += made.rows->num_rows();
      if (made.rows->num_rows() > 0) ready_.push_back(std::move(made.rows));
      return {};
    };
    return exchange.run(pull, work, consume);
  }

  UpstreamReader& reader_;
  const std::vector<std::unique_ptr<RowMaker>> makers_;
  const ArrowSchema schema_;
  RejectLedger& rejects_;
  TableReport& report_;
  std::deque<Batch> ready_;
  std::int64_t& rows_;
  bool ended_ = false;
};

/// The part of the budget that the fold leaves to what reads, makes and writes rows beside it.
class InFlight {
 public:
  explicit InFlight(MemoryBudget& budget)
      : budget_(budget), size_bytes_(std::min<std::int64_t>(budget.limit_bytes() / 4 * 3, 96 << 20)) {
    if (!budget_.try_reserve(size_bytes_)) size_bytes_ = 0;
  }
  ~InFlight() { budget_.release(size_bytes_); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  MemoryBudget& budget_;
  std::int64_t size_bytes_;
};

Status fold_all(const pond::Pond& pond, const pond::Table& upstream, const PlannedTable& planned,
                const KnownRows* known, TableWriter& writer, RejectLedger& rejects, TableReport& report,
                Context& context) {
  MP_ASSIGN(const auto files, upstream.files());
  MP_ASSIGN(const auto reader, UpstreamReader::open(upstream, planned, pond::parts_of(files), context));
  const PlannedTable before = without_fold(planned);
  std::vector<std::unique_ptr<RowMaker>> makers;
  for (int i = 0; i < std::max(1, context.threads()); ++i) {
    MP_ASSIGN(auto maker, RowMaker::make(before, known));
    makers.push_back(std::move(maker));
  }
  std::int64_t made_rows = 0;
  auto made =
      std::make_unique<MadeStream>(*reader, std::move(makers), to_arrow(before.schema), rejects, report, made_rows);
  const std::string spill = pond.local_folder() + "/spill";
  const InFlight in_flight(context.memory());
  MP_ASSIGN(const auto results, run_fold(std::move(made), *planned.fold, planned.fold_options, spill, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, results->next(context));
    if (!batch) break;
    MP_ASSIGN(const Batch rows, with_new_ids(*batch, planned));
    report.rows_out += rows->num_rows();
    MP_TRY(writer.write(rows));
  }
  if (const std::int64_t gone = made_rows - report.rows_out; gone > 0) {
    report.drops[fold_drop(*planned.fold)] += gone;
    report.rows_dropped += gone;
  }
  std::error_code ignored;
  std::filesystem::remove(spill, ignored);  // only if it is empty; another build may be using it
  return {};
}

}  // namespace

Status derive_folded(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options, const std::string& run,
                     TableReport& report, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  MP_ASSIGN(const pond::Table upstream, pond.table(planned.spec.from));
  MP_ASSIGN(pond::Table table, table_or_new(pond, planned.spec.name, planned.schema));
  report.snapshot = table.current_id();
  if (!upstream.current()) return {};  // nothing was ever built there

  MP_ASSIGN(RejectLedger rejects, RejectLedger::open(pond, planned.spec.name, context));
  const RowIdSet retry = options.retry_rejects ? rejects.parents() : rejects.passing();
  MP_ASSIGN(const Change change, change_of(upstream, table, planned.fingerprint, retry, context));
  if (change.nothing() && !change.cursor_only) return {};
  const std::string cursor = std::to_string(*upstream.current_id());
  if (change.nothing() && table.current()) {  // the upstream was compacted or touched
    TableWriter writer(pond, std::move(table), planned, false, context);
    MP_TRY(writer.commit(cursor));
    report.snapshot = writer.table().current_id();
    return {};
  }
  report.rebuilt = change.rebuild;
  MP_ASSIGN(const std::int64_t upstream_rows, upstream.rows());
  context.progress().begin(planned.spec.name, upstream_rows);
  std::unique_ptr<KnownRows> known;
  if (planned.chain.costly_from() < planned.chain.steps().size()) { MP_ASSIGN(known, KnownRows::load(table, context)); }
  MP_ASSIGN(table, widen(pond, std::move(table), planned, context));
  rejects.forget_all();
  TableWriter writer(pond, std::move(table), planned, true, context);
  const Status status = fold_all(pond, upstream, planned, known.get(), writer, rejects, report, context);
  if (status.ok()) {
    MP_TRY(rejects.commit(run, context));
    MP_TRY(writer.commit(cursor));
  }
  report.snapshot = writer.table().current_id();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  context.progress().end();
  return status;
}

std::string fold_drop(const FoldDef& fold) {
  const bool weighs = fold.survey && !find_field(fold.adds, "cluster") && !find_field(fold.adds, "repeats");
  return std::string(fold.name) + (weighs ? ": not taken" : ": joined with another row");
}

}  // namespace millpond::flow
