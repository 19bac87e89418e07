#include "flow/query_table.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <charconv>
#include <chrono>
#include <unordered_map>

#include "core/arrow_status.h"
#include "flow/derive.h"
#include "flow/ledger.h"
#include "flow/table_writer.h"
#include "millpond/flow/query.h"

namespace millpond::flow {
namespace {

using Inputs = std::map<std::string, Query::Input>;

Result<std::shared_ptr<arrow::Array>> id_column(const std::vector<RowId>& ids) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  MP_TRY(from_arrow(builder.Reserve(static_cast<std::int64_t>(ids.size()))));
  for (const RowId& id : ids) builder.UnsafeAppend(id.bytes.data());
  return from_arrow(builder.Finish());
}

/// Puts identities before the query's columns. One for a whole result: ordinals count on over batches.
class Identities {
 public:
  explicit Identities(const PlannedTable& planned) : planned_(planned) {
    for (const Field& field : planned.query->shape().columns) columns_.push_back(field.name);
  }

  Result<Batch> with_ids(const Batch& rows) {
    const bool row_wise = planned_.query->shape().row_wise;
    std::vector<RowId> ids;
    if (row_wise) {
      const auto parents = rows->GetColumnByName("_parent");
      const auto* parent = dynamic_cast<const arrow::FixedSizeBinaryArray*>(parents.get());
      if (!parent || parent->byte_width() != 16) return internal("the query gives no _parent");
      for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
        const RowId of = row_id_from(parent->GetView(row));
        ordinal_ = any_ && of == previous_ ? ordinal_ + 1 : 0;
        previous_ = of, any_ = true;
        ids.push_back(derived_row_id(of, planned_.fingerprint, ordinal_));
      }
    } else {
      MP_ASSIGN(const std::vector<RowId> values, hash_rows(rows, columns_, planned_.fingerprint));
      for (const RowId& value : values) ids.push_back(derived_row_id(value, planned_.fingerprint, seen_[value]++));
    }
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (const Field& field : planned_.schema) {
      std::shared_ptr<arrow::Array> column = rows->GetColumnByName(field.name);
      if (field.name == "_row") { MP_ASSIGN(column, id_column(ids)); }
      if (!column) return internal("the query gives no column: ", field.name);
      columns.push_back(std::move(column));
    }
    return arrow::RecordBatch::Make(to_arrow(planned_.schema), rows->num_rows(), std::move(columns));
  }

 private:
  const PlannedTable& planned_;
  std::vector<std::string> columns_;
  RowId previous_{};
  bool any_ = false;
  std::int64_t ordinal_ = 0;
  std::unordered_map<RowId, std::int64_t, RowIdHash> seen_;  // 40 bytes for each distinct row of a whole result
};

Status write_rows(const PlannedTable& planned, const Inputs& inputs, TableWriter& writer, TableReport& report,
                  Context& context) {
  MP_ASSIGN(const auto rows, planned.query->run(inputs, context));
  Identities identities(planned);
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) return {};
    MP_ASSIGN(const Batch made, identities.with_ids(*batch));
    report.rows_out += made->num_rows();
    MP_TRY(writer.write(made));
  }
}

Result<Query::Input> whole(const pond::Pond& pond, const std::string& name) {
  MP_ASSIGN(pond::Table table, pond.table(name));
  MP_ASSIGN(const auto files, table.files());
  return Query::Input{std::move(table), pond::parts_of(files)};
}

/// "chunks=123 documents=45": the snapshots that a result was computed from.
std::string cursor_of(const Inputs& inputs) {
  std::string text;
  for (const auto& [name, input] : inputs) {
    text += (text.empty() ? "" : " ") + name + '=' + std::to_string(input.table.current_id().value_or(0));
  }
  return text;
}

/// Whether the rows of an input are those that the cursor names; a compaction changes none.
bool unchanged(const std::string& cursor, const std::string& name, const pond::Table& table) {
  const std::string key = name + '=';
  std::size_t at = cursor.starts_with(key) ? 0 : cursor.find(' ' + key);
  if (at == std::string::npos) return false;
  at += key.size() + (at == 0 ? 0 : 1);
  std::int64_t id = 0;
  std::from_chars(cursor.data() + at, cursor.data() + cursor.size(), id);
  const std::int64_t now = table.current_id().value_or(0);
  if (id == now) return true;
  if (id == 0 || now == 0 || !table.snapshot(id).ok()) return false;
  const auto difference = table.difference(id, now);
  return difference.ok() && difference->added.empty() && difference->removed.empty();
}

Status compute_all(pond::Pond& pond, const PlannedTable& planned, pond::Table table, TableReport& report,
                   Context& context) {
  Inputs inputs;
  for (const std::string& name : planned.query->shape().tables) {
    MP_ASSIGN(Query::Input input, whole(pond, name));
    inputs.emplace(name, std::move(input));
  }
  const std::string cursor = newest_summary(table, kUpstreamKey);
  const bool same_query = newest_summary(table, kFingerprintKey) == planned.fingerprint;
  bool same = table.current().has_value() && same_query;
  std::int64_t rows_in = 0;
  for (const auto& [name, input] : inputs) {
    same = same && unchanged(cursor, name, input.table);
    for (const pond::FilePart& part : input.parts) rows_in += part.rows();
  }
  if (same) return {};
  report.rebuilt = table.current().has_value() && !same_query;
  report.rows_in = rows_in;
  context.progress().begin(planned.spec.name, 0);
  MP_ASSIGN(table, widen(pond, std::move(table), planned, context));
  TableWriter writer(pond, std::move(table), planned, true, context);
  MP_TRY(write_rows(planned, inputs, writer, report, context));
  MP_TRY(writer.commit(cursor_of(inputs)));
  report.snapshot = writer.table().current_id();
  return {};
}

Status compute_new(pond::Pond& pond, const PlannedTable& planned, pond::Table table, TableReport& report,
                   Context& context) {
  const std::string& from = planned.query->shape().tables[0];
  MP_ASSIGN(const pond::Table upstream, pond.table(from));
  if (!upstream.current()) return {};
  MP_ASSIGN(const Change change, change_of(upstream, table, planned.fingerprint, {}, context));
  if (change.nothing() && !change.cursor_only) return {};
  report.rebuilt = change.rebuild;
  report.rows_in = change.added_rows();
  context.progress().begin(planned.spec.name, report.rows_in);
  if (change.rebuild) { MP_ASSIGN(table, widen(pond, std::move(table), planned, context)); }
  TableWriter writer(pond, std::move(table), planned, change.rebuild, context);
  MP_TRY(delete_children(change.removed, writer, report, context));
  if (!change.added.empty()) {
    const Inputs inputs{{from, Query::Input{upstream, change.added}}};
    MP_TRY(write_rows(planned, inputs, writer, report, context));
  }
  MP_TRY(writer.commit(std::to_string(*upstream.current_id())));
  report.snapshot = writer.table().current_id();
  return {};
}

}  // namespace

Status derive_by_query(pond::Pond& pond, const PlannedTable& planned, const BuildOptions&, const std::string&,
                       TableReport& report, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  const QueryShape& shape = planned.query->shape();
  MP_ASSIGN(pond::Table table, table_or_new(pond, planned.spec.name, planned.schema));
  report.snapshot = table.current_id();
  report.how = shape.row_wise ? "rows that changed" : "computed whole: " + shape.why_whole;
  const auto bring_up_to_date = shape.row_wise ? compute_new : compute_all;
  const Status status = bring_up_to_date(pond, planned, std::move(table), report, context);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  context.progress().end();
  return status;
}

}  // namespace millpond::flow
