// Folds through an engine's shuffle: rows out with a key, rows of some keys in, results out in order.

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <numeric>

#include "core/arrow_status.h"
#include "core/take.h"
#include "flow/fold_table.h"
#include "flow/shuffled_rows.h"
#include "flow/step_outcome.h"
#include "flow/step_rows.h"
#include "flow/table_writer.h"
#include "millpond/flow/step.h"
#include "millpond/row_hash.h"

namespace millpond::flow {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

class SplitRows final : public Stream {
 public:
  SplitRows(std::shared_ptr<pond::Pond> pond, const PlannedTable& planned)
      : pond_(std::move(pond)),
        planned_(planned),
        before_(without_fold(planned)),
        schema_(split_rows_schema(planned)) {}
  Status open(std::string_view split, Context& context) {
    MP_ASSIGN(rows_, MadeSplit::open(*pond_, before_, split, context));
    position_ = rows_->number() << 32;
    return {};
  }
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (rows_) {
      MP_ASSIGN(const std::optional<MadeRows> made, rows_->next(context));
      if (!made) {
        rows_.reset();
        MP_ASSIGN(Batch last, outcome_row(schema_, to_text(outcome_)));
        return std::optional<Batch>(std::move(last));
      }
      outcome_.add(*made);
      if (made->rows->num_rows() == 0) continue;
      MP_ASSIGN(Batch batch, keyed(made->rows));
      return std::optional<Batch>(std::move(batch));
    }
    return std::optional<Batch>();
  }

 private:
  Result<Batch> keyed(const Batch& rows) {
    const FoldDef& def = *planned_.fold;
    std::vector<RowId> ids;
    if (def.key_ids) {
      MP_ASSIGN(ids, def.key_ids(rows, planned_.fold_options));
    } else {
      MP_ASSIGN(ids, hash_rows(rows, def.keys(planned_.fold_options), {}));
    }
    arrow::BinaryBuilder keys;
    arrow::Int64Builder positions;
    arrow::StringBuilder outcomes;
    arrow::Status status = outcomes.AppendNulls(rows->num_rows());
    for (const RowId& id : ids) {
      status &= keys.Append(id.view());
      status &= positions.Append(position_++);
    }
    MP_TRY(from_arrow(status));
    MP_ASSIGN(auto key, from_arrow(keys.Finish()));
    MP_ASSIGN(auto position, from_arrow(positions.Finish()));
    MP_ASSIGN(auto none, from_arrow(outcomes.Finish()));
    std::vector<ArrayPtr> columns = rows->columns();
    arrow::FieldVector fields = rows->schema()->fields();
    columns.insert(columns.end(), {position, key, none});
    fields.insert(fields.end(), {position_field(), schema_->GetFieldByName(std::string(kShuffleKey)), outcome_field()});
    return under(schema_, arrow::RecordBatch::Make(arrow::schema(fields), rows->num_rows(), std::move(columns)));
  }

  std::shared_ptr<pond::Pond> pond_;
  const PlannedTable& planned_;
  const PlannedTable before_;
  const ArrowSchema schema_;
  std::unique_ptr<MadeSplit> rows_;
  StepOutcome outcome_;
  std::int64_t position_ = 0;
};

Result<std::vector<std::int64_t>> order_of(const Batch& batch) {
  const auto column = batch->GetColumnByName(std::string(kFoldPosition));
  const auto* positions = dynamic_cast<const arrow::Int64Array*>(column.get());
  if (!positions) return internal("the fold gave rows without their places");
  std::vector<std::int64_t> order(static_cast<std::size_t>(batch->num_rows()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return positions->Value(a) < positions->Value(b); });
  return order;
}

}  // namespace

ArrowSchema split_rows_schema(const PlannedTable& planned) {
  return shuffled(*to_arrow(without_fold(planned).schema),
                  {position_field(), arrow::field(std::string(kShuffleKey), arrow::binary()), outcome_field()});
}

ArrowSchema fold_split_schema(const PlannedTable& planned) {
  return shuffled(*to_arrow(planned.schema), {position_field(), outcome_field()});
}

Result<std::unique_ptr<Stream>> split_rows(std::shared_ptr<pond::Pond> pond, const Plan& plan, std::string_view table,
                                           std::string_view split, Context& context) {
  MP_ASSIGN(const PlannedTable* planned, planned_table(plan, table));
  if (!planned->fold) return invalid("the table has no fold: ", table);
  auto rows = std::make_unique<SplitRows>(std::move(pond), *planned);
  MP_TRY(rows->open(split, context));
  return std::unique_ptr<Stream>(std::move(rows));
}

Result<std::unique_ptr<Stream>> fold_split(const Plan& plan, std::string_view table, std::unique_ptr<Stream> rows,
                                           Context& context) {
  MP_ASSIGN(const PlannedTable* planned, planned_table(plan, table));
  if (!planned->fold) return invalid("the table has no fold: ", table);
  arrow::FieldVector input = to_arrow(without_fold(*planned).schema)->fields();
  input.push_back(arrow::field(std::string(kFoldPosition), arrow::int64(), false));
  const ArrowSchema absorbed = arrow::schema(std::move(input));
  const ArrowSchema schema = fold_split_schema(*planned);
  MP_ASSIGN(const auto fold, planned->fold->make(planned->fold_options));
  std::vector<Batch> results;
  bool any = false;
  while (true) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::optional<Batch> batch, rows->next(context));
    if (!batch) break;
    MP_ASSIGN(const Parted parted, part(*batch));
    for (const std::string& outcome : parted.outcomes) {
      MP_ASSIGN(Batch row, outcome_row(schema, outcome));
      results.push_back(std::move(row));
    }
    if (parted.rows->num_rows() == 0) continue;
    MP_ASSIGN(const Batch given, under(absorbed, parted.rows));
    MP_TRY(fold->absorb(given, context));
    any = true;
  }
  if (any) {
    MP_ASSIGN(const std::vector<Batch> folded, fold->finish(context));
    for (const Batch& batch : folded) {
      if (batch->num_rows() == 0) continue;
      MP_ASSIGN(const auto none, from_arrow(arrow::MakeArrayOfNull(arrow::utf8(), batch->num_rows())));
      MP_ASSIGN(const Batch whole, from_arrow(batch->AddColumn(batch->num_columns(), outcome_field(), none)));
      MP_ASSIGN(const auto order, order_of(whole));
      MP_ASSIGN(const Batch sorted, take(whole, order));
      MP_ASSIGN(Batch result, under(schema, sorted));
      results.push_back(std::move(result));
    }
  }
  return stream_of(schema, std::move(results));
}

Result<std::string> write_folded(pond::Pond& pond, const Plan& plan, std::string_view name, Stream& rows,
                                 Context& context) {
  MP_ASSIGN(const PlannedTable* planned, planned_table(plan, name));
  if (!planned->fold) return invalid("the table has no fold: ", name);
  const ArrowSchema folded = to_arrow(planned->schema);
  MP_ASSIGN(pond::Table table, pond.table(name));
  TableWriter writer(pond, std::move(table), *planned, true, context);
  StepOutcome outcome;
  while (true) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::optional<Batch> batch, rows.next(context));
    if (!batch) break;
    MP_ASSIGN(const Parted parted, part(*batch));
    for (const std::string& text : parted.outcomes) {
      MP_ASSIGN(StepOutcome of_split, outcome_from(text));
      outcome.add(std::move(of_split));
    }
    if (parted.rows->num_rows() == 0) continue;
    MP_ASSIGN(const Batch given, under(folded, parted.rows));
    MP_ASSIGN(const Batch made, with_new_ids(given, *planned));
    outcome.rows_out += made->num_rows();
    MP_TRY(writer.write(made));
  }
  MP_ASSIGN(auto files, writer.take_files());
  for (pond::DataFile& file : files) outcome.files.push_back(std::move(file));
  return to_text(outcome);
}

}  // namespace millpond::flow
