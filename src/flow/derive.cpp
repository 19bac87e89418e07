#include "flow/derive.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "core/exchange.h"
#include "flow/ledger.h"
#include "flow/row_maker.h"
#include "flow/table_writer.h"

namespace millpond::flow {
namespace {

bool same_columns(const Schema& a, const Schema& b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&](const Field& field) {
    const Field* other = find_field(b, field.name);
    return other && other->type == field.type;
  });
}

/// Makes room for new columns before rows are written; columns that are not wanted any more go with the final commit,
/// so that readers of the old rows are not disturbed meanwhile.
Result<pond::Table> widen(pond::Pond& pond, pond::Table table, const PlannedTable& planned, Context& context) {
  if (same_columns(table.schema(), planned.schema)) return table;
  Schema both = table.schema();
  for (const Field& field : planned.schema) {
    const Field* present = find_field(both, field.name);
    if (present &&
        !(present->type == field.type)) {  // no common form: the table starts anew, as nothing in it is original
      MP_TRY(pond.drop_table(planned.spec.name));
      return pond.create_table(planned.spec.name, planned.schema);
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

/// Pulls upstream rows in batches that bound both rows and the bytes behind them.
class UpstreamReader {
 public:
  static Result<std::unique_ptr<UpstreamReader>> open(const pond::Table& upstream, const PlannedTable& planned,
                                                      const std::vector<pond::FilePart>& parts, Context& context) {
    std::unique_ptr<UpstreamReader> reader(new UpstreamReader);
    std::set<std::string> columns{"_row"};
    for (const std::string& name : planned.chain.needs()) columns.insert(name);
    for (const std::string& name : planned.spec.keep) columns.insert(name);
    for (const char* useful : {"uri", "size"}) {  // for messages, and to weigh rows whose content is elsewhere
      if (find_field(upstream.schema(), useful)) columns.insert(useful);
    }
    for (const Step& step : planned.chain.steps()) reader->content_elsewhere_ |= !step.def->locates.empty();
    std::int64_t rows = 0, size_bytes = 0;
    for (const pond::FilePart& part : parts) {
      rows += part.file.rows;
      size_bytes += part.file.size_bytes;
    }
    constexpr std::int64_t kBatchBytes = 4 << 20,
                           kUnpacked = 5;  // Parquet's zstd gives text back about five times as large
    const std::int64_t row_bytes = std::max<std::int64_t>(1, size_bytes * kUnpacked / std::max<std::int64_t>(1, rows));
    pond::ReadOptions options;
    options.columns.assign(columns.begin(), columns.end());
    options.batch_rows_max = std::clamp<std::int64_t>(kBatchBytes / row_bytes, 1, 1024);
    options.threads = 1;
    MP_ASSIGN(reader->stream_, upstream.read(parts, options, context));
    return reader;
  }

  Result<std::optional<Batch>> next(Context& context) {
    if (!batch_ || row_ == batch_->num_rows()) {
      MP_ASSIGN(std::optional<Batch> batch, stream_->next(context));
      if (!batch) return std::optional<Batch>();
      batch_ = std::move(*batch);
      row_ = 0;
    }
    const std::int64_t end = content_elsewhere_ ? end_by_size() : batch_->num_rows();
    Batch slice = row_ == 0 && end == batch_->num_rows() ? batch_ : batch_->Slice(row_, end - row_);
    row_ = end;
    return std::optional<Batch>(std::move(slice));
  }

 private:
  /// Rows until the files that they stand for add up: one large file is a batch of its own.
  std::int64_t end_by_size() const {
    constexpr std::int64_t kContentBytes = 2 << 20, kRowsMax = 64;
    const auto column = batch_->GetColumnByName("size");
    const auto* sizes = dynamic_cast<const arrow::Int64Array*>(column.get());
    std::int64_t end = row_, size_bytes = 0;
    while (end < batch_->num_rows() && end - row_ < kRowsMax && (end == row_ || size_bytes < kContentBytes)) {
      if (sizes) size_bytes += sizes->Value(end);
      ++end;
    }
    return end;
  }

  std::unique_ptr<Stream> stream_;
  bool content_elsewhere_ = false;
  Batch batch_;
  std::int64_t row_ = 0;
};

std::int64_t input_bytes(const Batch& batch) {
  const auto column = batch->GetColumnByName("size");
  if (const auto* sizes = dynamic_cast<const arrow::Int64Array*>(column.get())) {
    std::int64_t sum = 0;
    for (std::int64_t row = 0; row < sizes->length(); ++row) sum += sizes->Value(row);
    return sum;
  }
  return arrow::util::TotalBufferSize(*batch);
}

/// Positions of the children of rows that are gone.
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

Status make_all(const pond::Table& upstream, const PlannedTable& planned, const Change& change, const KnownRows* known,
                TableWriter& writer, RejectLedger& rejects, const std::string& run, TableReport& report,
                Context& context) {
  MP_ASSIGN(const auto reader, UpstreamReader::open(upstream, planned, change.added, context));
  std::vector<std::unique_ptr<RowMaker>> makers;
  for (int i = 0; i < std::max(1, context.threads()); ++i) {
    MP_ASSIGN(auto maker, RowMaker::make(planned, known));
    makers.push_back(std::move(maker));
  }
  OrderedExchange<Batch, MadeRows> exchange(context.threads(), 2 * context.threads() + 2);
  const auto pull = [&] { return reader->next(context); };
  const auto work = [&](int worker, Batch&& batch) -> Result<MadeRows> {
    MP_TRY(context.check());
    MP_ASSIGN(MadeRows made, makers[static_cast<std::size_t>(worker)]->make_rows(batch, context));
    made.input_bytes = input_bytes(batch);
    return made;
  };
  const auto consume = [&](MadeRows&& made) -> Status {
    report.rows_in += made.parents;
    report.rows_out += made.rows->num_rows();
    report.rows_reused += made.reused;
    for (const auto& [reason, count] : made.drops) report.drops[reason] += count, report.rows_dropped += count;
    report.rows_rejected += static_cast<std::int64_t>(made.rejects.size());
    for (RejectedRow& reject : made.rejects) rejects.add(std::move(reject));
    MP_TRY(writer.write(made.rows));
    context.progress().advance(made.parents, made.input_bytes);
    if (!writer.due()) return {};
    MP_TRY(rejects.commit(run, context));
    return writer.commit(std::string(kPartial));
  };
  return exchange.run(pull, work, consume);
}

}  // namespace

Status derive(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options, const std::string& run,
              TableReport& report, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  MP_ASSIGN(const pond::Table upstream, pond.table(planned.spec.from));
  MP_ASSIGN(pond::Table table, table_or_new(pond, planned.spec.name, planned.schema));
  report.snapshot = table.current_id();
  if (!upstream.current()) return {};  // nothing was ever built there

  RowIdSet retry;
  if (options.retry_rejects) {
    MP_ASSIGN(const RejectLedger standing, RejectLedger::open(pond, planned.spec.name, context));
    retry = standing.parents();
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

  TableWriter writer(pond, std::move(table), planned, change.rebuild, context);
  MP_TRY(delete_children(change.removed, writer, report, context));
  Status status;
  if (!change.added.empty()) {
    status = make_all(upstream, planned, change, known.get(), writer, rejects, run, report, context);
  }
  if (status.ok()) {
    MP_TRY(rejects.commit(run, context));
    MP_TRY(writer.commit(std::to_string(*upstream.current_id())));
  } else if (!change.rebuild && report.rows_out > 0) {
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
