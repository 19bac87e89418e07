#include "flow/ledger.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <random>

#include "core/arrow_status.h"
#include "millpond/operator.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"

namespace millpond::flow {
namespace {

/// Rows of a small table, column by column, through the builders that operators use.
class RowsBuilder {
 public:
  explicit RowsBuilder(const Schema& schema) : schema_(schema) {
    for (const Field& field : schema) builders_.push_back(*arrow::MakeBuilder(to_arrow(field.type)));
  }
  template <class Builder>
  Builder& column(std::size_t index) {
    return static_cast<Builder&>(*builders_[index]);
  }
  Result<Batch> finish() {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (auto& builder : builders_) {
      MP_ASSIGN(auto array, from_arrow(builder->Finish()));
      columns.push_back(std::move(array));
    }
    const std::int64_t rows = columns[0]->length();
    return arrow::RecordBatch::Make(to_arrow(schema_), rows, std::move(columns));
  }

 private:
  const Schema& schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
};

/// Whether the cause may be gone although neither the row nor the steps changed: the file was being written, moved or
/// locked, a service was away.
bool may_pass(std::string_view name) {
  const std::optional<Code> code = code_from_name(name);
  return code == Code::kNotFound || code == Code::kConflict || code == Code::kUnavailable ||
         code == Code::kPermissionDenied || code == Code::kIoError;
}

Result<std::vector<pond::DataFile>> write_rows(const pond::Table& table, const Batch& rows) {
  pond::DataWriter writer(table);
  MP_TRY(writer.write(rows));
  return writer.close();
}

}  // namespace

const Schema& rejects_schema() {
  static const Schema schema = {{"_row", fixed(16), true}, {"_parent", fixed(16), true}, {"run", utf8(), true},
                                {"at", timestamp(), true}, {"table", utf8(), true},      {"step", utf8(), true},
                                {"uri", utf8()},           {"code", utf8(), true},       {"reason", utf8(), true}};
  return schema;
}

const Schema& runs_schema() {
  static const Schema schema = {{"run", utf8(), true},
                                {"table", utf8(), true},
                                {"started", timestamp(), true},
                                {"finished", timestamp(), true},
                                {"status", utf8(), true},
                                {"message", utf8()},
                                {"rebuilt", boolean(), true},
                                {"rows_in", int64(), true},
                                {"rows_out", int64(), true},
                                {"rows_reused", int64(), true},
                                {"rows_dropped", int64(), true},
                                {"rows_rejected", int64(), true},
                                {"rows_deleted", int64(), true},
                                {"seconds", float64(), true},
                                {"snapshot", int64()},
                                {"drops", map(utf8(), int64())},
                                {"engine", utf8()},
                                {"command", utf8()}};
  return schema;
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string new_run_name() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y%m%dT%H%M%S-", &parts);
  std::snprintf(text + length, sizeof text - length, "%06x", std::random_device{}() & 0xffffff);
  return text;
}

Result<pond::Table> table_or_new(pond::Pond& pond, const std::string& name, const Schema& schema) {
  MP_ASSIGN(const bool there, pond.has_table(name));
  if (there) return pond.table(name);
  auto made = pond.create_table(name, schema);
  if (!made.ok() && made.status().code() == Code::kAlreadyExists) return pond.table(name);  // another process was first
  return made;
}

Result<RejectLedger> RejectLedger::open(pond::Pond& pond, const std::string& table, Context& context) {
  RejectLedger ledger(pond, table);
  MP_TRY(ledger.load(context));
  return ledger;
}

Status RejectLedger::load(Context& context) {
  parts_.clear();
  standing_.clear();
  MP_ASSIGN(rejects_, table_or_new(*pond_, "rejects", rejects_schema()));
  if (!rejects_->current()) return {};
  MP_ASSIGN(const auto files, rejects_->files());
  parts_ = pond::parts_of(files);
  if (parts_.empty()) return {};
  pond::ReadOptions options;
  options.columns = {"_parent", "table", "code"};
  options.with_positions = true;
  MP_ASSIGN(const auto stream, rejects_->read(parts_, options, context));
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context));
    if (!batch) return {};
    const auto* parents = dynamic_cast<const arrow::FixedSizeBinaryArray*>((*batch)->column(0).get());
    const auto* tables = dynamic_cast<const arrow::StringArray*>((*batch)->column(1).get());
    const auto* codes = dynamic_cast<const arrow::StringArray*>((*batch)->column(2).get());
    const auto* files_of = dynamic_cast<const arrow::Int32Array*>((*batch)->GetColumnByName("_file").get());
    const auto* positions = dynamic_cast<const arrow::Int64Array*>((*batch)->GetColumnByName("_pos").get());
    if (!parents || !tables || !codes || !files_of || !positions)
      return corrupt("table rejects has other columns than it should");
    for (std::int64_t row = 0; row < tables->length(); ++row) {
      if (tables->GetView(row) != table_) continue;
      standing_[row_id_from(parents->GetView(row))].push_back(
          {static_cast<std::size_t>(files_of->Value(row)), positions->Value(row), may_pass(codes->GetView(row))});
    }
  }
}

RowIdSet RejectLedger::parents() const {
  RowIdSet ids;
  for (const auto& [parent, places] : standing_) ids.insert(parent);
  return ids;
}

RowIdSet RejectLedger::passing() const {
  RowIdSet ids;
  for (const auto& [parent, places] : standing_) {
    if (std::any_of(places.begin(), places.end(), [](const Place& place) { return place.may_pass; }))
      ids.insert(parent);
  }
  return ids;
}

void RejectLedger::forget(const RowId& parent) {
  const auto found = standing_.find(parent);
  if (found == standing_.end()) return;
  forgotten_.insert(forgotten_.end(), found->second.begin(), found->second.end());
  standing_.erase(found);
}

void RejectLedger::forget_all() {
  for (const RowId& parent : parents()) forget(parent);
}

Status RejectLedger::forget_gone(const pond::Table& upstream, Context& context) {
  RowIdSet gone = parents();
  if (gone.empty()) return {};
  MP_ASSIGN(const auto files, upstream.files());
  MP_TRY(each_id(upstream, pond::parts_of(files), "_row", context,
                 [&](std::size_t, std::int64_t, const RowId& id) { gone.erase(id); }));
  for (const RowId& id : gone) forget(id);
  return {};
}

void RejectLedger::add(RejectedRow row) {
  forget(row.parent);
  added_.push_back(std::move(row));
}

Status RejectLedger::commit(const std::string& run, Context& context) {
  if (forgotten_.empty() && added_.empty()) return {};
  pond::Update update = rejects_->update();
  update.require_snapshot(rejects_->current_id());  // another build may have noted the same rejects
  std::map<std::size_t, std::vector<std::int64_t>> by_file;
  for (const Place& place : forgotten_) by_file[place.file].push_back(place.position);
  for (auto& [file, positions] : by_file) update.delete_rows(parts_[file].file.path, std::move(positions));
  if (!added_.empty()) {
    RowsBuilder rows(rejects_schema());
    arrow::Status status;
    const std::int64_t at = now_us();
    for (std::size_t i = 0; i < added_.size(); ++i) {
      const RejectedRow& reject = added_[i];
      const RowId id = derived_row_id(reject.parent, table_ + '/' + reject.step, static_cast<std::int64_t>(i));
      status &= rows.column<arrow::FixedSizeBinaryBuilder>(0).Append(id.bytes.data());
      status &= rows.column<arrow::FixedSizeBinaryBuilder>(1).Append(reject.parent.bytes.data());
      status &= rows.column<arrow::StringBuilder>(2).Append(run);
      status &= rows.column<arrow::TimestampBuilder>(3).Append(at);
      status &= rows.column<arrow::StringBuilder>(4).Append(table_);
      status &= rows.column<arrow::StringBuilder>(5).Append(reject.step);
      status &= reject.uri.empty() ? rows.column<arrow::StringBuilder>(6).AppendNull()
                                   : rows.column<arrow::StringBuilder>(6).Append(reject.uri);
      status &= rows.column<arrow::StringBuilder>(7).Append(std::string(code_name(reject.code)));
      status &= rows.column<arrow::StringBuilder>(8).Append(reject.why);
    }
    MP_TRY(from_arrow(status));
    MP_ASSIGN(const Batch batch, rows.finish());
    MP_ASSIGN(auto files, write_rows(*rejects_, batch));
    update.append(std::move(files));
  }
  MP_ASSIGN(rejects_, update.commit(context));
  forgotten_.clear();
  added_.clear();
  return load(context);
}

Status record_run(pond::Pond& pond, const std::string& run, const std::string& status_name, const std::string& message,
                  const std::vector<TableReport>& tables, std::int64_t started_us, const RunOrigin& origin,
                  Context& context) {
  if (tables.empty()) return {};
  MP_ASSIGN(pond::Table table, table_or_new(pond, "runs", runs_schema()));
  // Of ponds that an earlier version made.
  if (find_field(table.schema(), "command") == nullptr) {
    MP_ASSIGN(table, table.update().evolve(runs_schema()).commit(context));
  }
  RowsBuilder rows(runs_schema());
  arrow::Status status;
  const std::int64_t finished_us = now_us();
  for (const TableReport& report : tables) {
    status &= rows.column<arrow::StringBuilder>(0).Append(run);
    status &= rows.column<arrow::StringBuilder>(1).Append(report.table);
    status &= rows.column<arrow::TimestampBuilder>(2).Append(started_us);
    status &= rows.column<arrow::TimestampBuilder>(3).Append(finished_us);
    status &= rows.column<arrow::StringBuilder>(4).Append(status_name);
    status &= message.empty() ? rows.column<arrow::StringBuilder>(5).AppendNull()
                              : rows.column<arrow::StringBuilder>(5).Append(message);
    status &= rows.column<arrow::BooleanBuilder>(6).Append(report.rebuilt);
    const std::int64_t counts[] = {report.rows_in,      report.rows_out,      report.rows_reused,
                                   report.rows_dropped, report.rows_rejected, report.rows_deleted};
    for (std::size_t i = 0; i < std::size(counts); ++i)
      status &= rows.column<arrow::Int64Builder>(7 + i).Append(counts[i]);
    status &= rows.column<arrow::DoubleBuilder>(13).Append(report.seconds);
    status &= report.snapshot ? rows.column<arrow::Int64Builder>(14).Append(*report.snapshot)
                              : rows.column<arrow::Int64Builder>(14).AppendNull();
    auto& drops = rows.column<arrow::MapBuilder>(15);
    status &= drops.Append();
    for (const auto& [reason, count] : report.drops) {
      status &= static_cast<arrow::StringBuilder*>(drops.key_builder())->Append(reason);
      status &= static_cast<arrow::Int64Builder*>(drops.item_builder())->Append(count);
    }
    status &= rows.column<arrow::StringBuilder>(16).Append(origin.engine);
    status &= origin.command.empty() ? rows.column<arrow::StringBuilder>(17).AppendNull()
                                     : rows.column<arrow::StringBuilder>(17).Append(origin.command);
  }
  MP_TRY(from_arrow(status));
  MP_ASSIGN(const Batch batch, rows.finish());
  MP_ASSIGN(auto files, write_rows(table, batch));
  pond::Update update = table.update();
  update.append(std::move(files));
  return update.commit(context).status();
}

}  // namespace millpond::flow
