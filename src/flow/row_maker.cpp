#include "flow/row_maker.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/arrow_status.h"
#include "core/take.h"
#include "flow/upstream_reader.h"
#include "millpond/expander.h"

namespace millpond::flow {
namespace {

std::string text_at(const Batch& batch, const std::string& column, std::int64_t row) {
  const auto array = batch->GetColumnByName(column);
  const auto* texts = dynamic_cast<const arrow::StringArray*>(array.get());
  return texts && texts->IsValid(row) ? std::string(texts->GetView(row)) : std::string();
}

Result<std::shared_ptr<arrow::Array>> id_column(const std::vector<RowId>& ids) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  MP_TRY(from_arrow(builder.Reserve(static_cast<std::int64_t>(ids.size()))));
  for (const RowId& id : ids) builder.UnsafeAppend(id.bytes.data());
  return from_arrow(builder.Finish());
}

Result<std::vector<RowId>> ids_of(const Batch& batch, const std::string& column) {
  const auto array = batch->GetColumnByName(column);
  const auto* ids = dynamic_cast<const arrow::FixedSizeBinaryArray*>(array.get());
  if (!ids || ids->byte_width() != 16) return corrupt("upstream rows have no fixed[16] column: ", column);
  std::vector<RowId> list;
  for (std::int64_t row = 0; row < ids->length(); ++row) list.push_back(row_id_from(ids->GetView(row)));
  return list;
}

/// Of records that an expander made, their places in their file; null otherwise.
using Numbers = std::shared_ptr<arrow::Int64Array>;
Numbers record_numbers(const Batch& batch) {
  return std::dynamic_pointer_cast<arrow::Int64Array>(batch->GetColumnByName(std::string(kExpandedNumber)));
}

}  // namespace

RowMaker::RowMaker(const PlannedTable& planned, const KnownRows* known)
    : planned_(planned),
      known_(known && !known->empty() ? known : nullptr),
      cheap_(planned.chain.slice(0, planned.chain.costly_from())),
      costly_(planned.chain.slice(planned.chain.costly_from(), planned.chain.steps().size())),
      key_columns_(planned.chain.reads_from(planned.chain.costly_from())),
      costly_fingerprint_(costly_.fingerprint()) {
  for (const Step& step : costly_.steps()) {
    for (const Field& field : step.def->adds) costly_adds_.emplace_back(field.name);
    for (const Field& field : step.def->rewrites) {
      if (find_field(planned.schema, field.name)) costly_adds_.emplace_back(field.name);
    }
  }
}

Result<std::unique_ptr<RowMaker>> RowMaker::make(const PlannedTable& planned, const KnownRows* known) {
  std::unique_ptr<RowMaker> maker(new RowMaker(planned, known));
  std::set<std::string> wanted;
  for (const Field& field : planned.schema) wanted.insert(field.name);
  MP_ASSIGN(maker->costly_runner_, ChainRunner::make(maker->costly_, &wanted));
  for (const std::string& name : maker->costly_.needs()) wanted.insert(name);
  MP_ASSIGN(maker->cheap_runner_, ChainRunner::make(maker->cheap_, &wanted));
  return maker;
}

Result<ChainOutcome> RowMaker::with_known(const Batch& rows, const ChainOutcome& computed,
                                          const std::vector<std::int64_t>& unknown,
                                          const std::vector<std::int64_t>& known_rows, const std::vector<Place>& places,
                                          Context& context) {
  MP_ASSIGN(const Batch fetched, known_->fetch(places, costly_adds_, context));
  // Column types are equal, but the fields of a table read back are nullable where the operators' are not: one schema
  // for both.
  const auto schema = computed.rows->schema();
  MP_ASSIGN(const Batch carried, take(rows, known_rows));
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& field : schema->fields()) {
    auto column = fetched->GetColumnByName(field->name());
    columns.push_back(column ? std::move(column) : carried->GetColumnByName(field->name()));
  }
  std::vector<Batch> both = {computed.rows, arrow::RecordBatch::Make(schema, carried->num_rows(), std::move(columns))};
  MP_ASSIGN(const Batch joined, concatenate(both));

  ChainOutcome outcome;
  std::vector<std::int64_t> parents;
  for (const std::int64_t parent : computed.parents) parents.push_back(unknown[static_cast<std::size_t>(parent)]);
  parents.insert(parents.end(), known_rows.begin(), known_rows.end());
  std::vector<std::int64_t> order(parents.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return parents[static_cast<std::size_t>(a)] < parents[static_cast<std::size_t>(b)];
  });
  std::sort(parents.begin(), parents.end());
  MP_ASSIGN(outcome.rows, take(joined, order));
  outcome.parents = std::move(parents);
  return outcome;
}

Result<ChainOutcome> RowMaker::run_costly(const Batch& rows, const std::vector<RowId>& keys, std::int64_t& reused,
                                          Context& context) {
  if (!known_) return costly_runner_->run(rows, context);
  std::vector<std::int64_t> unknown, known_rows;
  std::vector<Place> places;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    const std::vector<Place> found = known_->find(keys[static_cast<std::size_t>(row)]);
    if (found.empty()) unknown.push_back(row);
    for (const Place& place : found) known_rows.push_back(row), places.push_back(place);
  }
  if (places.empty()) return costly_runner_->run(rows, context);
  reused = static_cast<std::int64_t>(places.size());
  MP_ASSIGN(const Batch unknown_rows, take(rows, unknown));
  MP_ASSIGN(ChainOutcome computed, costly_runner_->run(unknown_rows, context));
  MP_ASSIGN(ChainOutcome outcome, with_known(rows, computed, unknown, known_rows, places, context));
  outcome.drops = std::move(computed.drops);
  outcome.rejects = std::move(computed.rejects);
  for (ChainReject& reject : outcome.rejects) reject.input_row = unknown[static_cast<std::size_t>(reject.input_row)];
  return outcome;
}

Result<MadeRows> RowMaker::make_rows(const Batch& upstream, Context& context) {
  MP_ASSIGN(const std::vector<RowId> upstream_ids, ids_of(upstream, "_row"));
  MadeRows made;
  made.parents = upstream->num_rows();
  made.parents_done = rows_done(upstream);
  const Numbers numbers = record_numbers(upstream);
  MP_ASSIGN(ChainOutcome cheap, cheap_runner_->run(upstream, context));
  std::vector<RowId> keys;
  ChainOutcome costly;
  if (costly_.steps().empty()) {
    costly.rows = cheap.rows;
    costly.parents.resize(cheap.parents.size());
    std::iota(costly.parents.begin(), costly.parents.end(), 0);
  } else {
    MP_ASSIGN(keys, hash_rows(cheap.rows, key_columns_, costly_fingerprint_));
    MP_ASSIGN(costly, run_costly(cheap.rows, keys, made.reused, context));
  }

  made.drops = std::move(cheap.drops);
  for (const auto& [reason, count] : costly.drops) made.drops[reason] += count;
  const auto note = [&](const Step& step, std::int64_t upstream_row, ChainReject& reject) {
    if (numbers && (cheap_.steps().empty() || &step != &cheap_.steps().front())) {
      reject.why = "record " + std::to_string(numbers->Value(upstream_row)) + ": " + reject.why;
    }
    made.rejects.push_back({upstream_ids[static_cast<std::size_t>(upstream_row)], std::string(step.def->name),
                            text_at(upstream, "uri", upstream_row), std::move(reject.why), reject.code});
  };
  for (ChainReject& reject : cheap.rejects) note(cheap_.steps()[reject.step], reject.input_row, reject);
  for (ChainReject& reject : costly.rejects) {
    note(costly_.steps()[reject.step], cheap.parents[static_cast<std::size_t>(reject.input_row)], reject);
  }

  std::vector<RowId> rows, parents, row_keys;
  std::int64_t previous = -1, ordinal = 0;
  for (const std::int64_t middle : costly.parents) {
    const std::int64_t upstream_row = cheap.parents[static_cast<std::size_t>(middle)];
    ordinal = upstream_row == previous ? ordinal + 1 : 0;
    previous = upstream_row;
    const RowId& parent = upstream_ids[static_cast<std::size_t>(upstream_row)];
    parents.push_back(parent);
    const RowId from = numbers ? derived_row_id(parent, "record", numbers->Value(upstream_row)) : parent;
    rows.push_back(derived_row_id(from, planned_.fingerprint, ordinal));
    if (!keys.empty()) row_keys.push_back(keys[static_cast<std::size_t>(middle)]);
  }
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const Field& field : planned_.schema) {
    std::shared_ptr<arrow::Array> column;
    if (field.name == "_row" || field.name == "_parent" || field.name == "_key") {
      MP_ASSIGN(column, id_column(field.name == "_row" ? rows : field.name == "_parent" ? parents : row_keys));
    } else {
      column = costly.rows->GetColumnByName(field.name);
      if (!column) return internal("no column for the table: ", field.name);
    }
    columns.push_back(std::move(column));
  }
  made.rows =
      arrow::RecordBatch::Make(to_arrow(planned_.schema), static_cast<std::int64_t>(rows.size()), std::move(columns));
  return made;
}

}  // namespace millpond::flow
