// Folds in passes: rows become records, rows come together with the verdicts on them.

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "core/arrow_status.h"
#include "core/take.h"
#include "flow/fold_table.h"
#include "flow/shuffled_rows.h"
#include "flow/step_rows.h"
#include "millpond/flow/scatter.h"
#include "millpond/flow/step.h"

namespace millpond::flow {
namespace {

Result<const PlannedTable*> scattered_table(const Plan& plan, std::string_view table) {
  MP_ASSIGN(const PlannedTable* planned, planned_table(plan, table));
  if (!can_scatter(*planned)) return unsupported("the table's fold needs all rows in one place: ", table);
  return planned;
}

/// The columns that a fold sees; `answering`: and the records on rows.
ArrowSchema absorbed(const PlannedTable& planned, bool answering = false) {
  arrow::FieldVector fields = to_arrow(without_fold(planned).schema)->fields();
  fields.push_back(arrow::field(std::string(kFoldPosition), arrow::int64(), false));
  for (auto& field : fields) field = answering ? field->WithNullable(true) : field;
  if (answering) fields.push_back(arrow::field(std::string(kVerdictColumn), arrow::binary()));
  return arrow::schema(std::move(fields));
}

/// Shuffled rows as a fold sees them, without outcomes.
class Absorbed final : public Stream {
 public:
  Absorbed(ArrowSchema schema, std::unique_ptr<Stream> rows) : schema_(std::move(schema)), rows_(std::move(rows)) {}
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
      if (!batch) return batch;
      MP_ASSIGN(const Parted parted, part(*batch));
      if (parted.rows->num_rows() == 0) continue;
      MP_ASSIGN(Batch rows, under(schema_, parted.rows));
      return std::optional<Batch>(std::move(rows));
    }
  }

 private:
  const ArrowSchema schema_;
  const std::unique_ptr<Stream> rows_;
};

class JudgedSplit final : public Stream {
 public:
  JudgedSplit(const PlannedTable& planned, std::unique_ptr<ScatteredSurvey> survey, std::unique_ptr<Stream> rows)
      : absorbed_(absorbed(planned)),
        schema_(fold_split_schema(planned)),
        fold_(planned.fold->name),
        survey_(std::move(survey)),
        rows_(std::move(rows)) {}
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (true) {
      MP_TRY(context.check());
      if (!outcomes_.empty()) {
        MP_ASSIGN(Batch row, outcome_row(schema_, outcomes_.back()));
        outcomes_.pop_back();
        return std::optional<Batch>(std::move(row));
      }
      MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
      if (!batch) return batch;
      MP_ASSIGN(Parted parted, part(*batch));
      outcomes_ = std::move(parted.outcomes);
      MP_ASSIGN(const Batch rows, take_verdicts(parted.rows, *survey_));
      if (rows->num_rows() == 0) continue;
      MP_ASSIGN(const Batch given, under(absorbed_, rows));
      auto made = survey_->judge(given, context);
      if (!made.ok()) return std::move(made).status().at(fold_);
      const Batch judged = *std::move(made);
      if (judged->num_rows() == 0) continue;
      MP_ASSIGN(const auto none, from_arrow(arrow::MakeArrayOfNull(arrow::utf8(), judged->num_rows())));
      MP_ASSIGN(const Batch whole, from_arrow(judged->AddColumn(judged->num_columns(), outcome_field(), none)));
      MP_ASSIGN(Batch result, under(schema_, whole));
      return std::optional<Batch>(std::move(result));
    }
  }

 private:
  const ArrowSchema absorbed_, schema_;
  const std::string fold_;
  const std::unique_ptr<ScatteredSurvey> survey_;
  const std::unique_ptr<Stream> rows_;
  std::vector<std::string> outcomes_;
};

}  // namespace

bool can_scatter(const PlannedTable& planned) { return planned.fold && find_scattered(planned.fold->name); }

Result<NextPass> next_pass(const Plan& plan, std::string_view table, std::string_view passed,
                           const std::vector<std::string>& tallies) {
  MP_ASSIGN(const PlannedTable* planned, scattered_table(plan, table));
  return millpond::next_pass(*planned->fold, planned->fold_options, passed, tallies);
}

Result<std::unique_ptr<Stream>> note_split(const Plan& plan, std::string_view table, std::string_view passed,
                                           std::unique_ptr<Stream> rows) {
  MP_ASSIGN(const PlannedTable* planned, scattered_table(plan, table));
  const bool answering = rows->schema()->GetFieldIndex(std::string(kVerdictColumn)) >= 0;
  auto given = std::make_unique<Absorbed>(absorbed(*planned, answering), std::move(rows));
  return note_rows(*planned->fold, planned->fold_options, passed, std::move(given));
}

Result<std::unique_ptr<Stream>> work_records(const Plan& plan, std::string_view table, std::string_view passed,
                                             std::unique_ptr<Stream> records, Context& context) {
  MP_ASSIGN(const PlannedTable* planned, scattered_table(plan, table));
  return millpond::work_records(*planned->fold, planned->fold_options, passed, std::move(records), context);
}

Result<std::unique_ptr<Stream>> judge_split(const Plan& plan, std::string_view table, std::string_view passed,
                                            std::unique_ptr<Stream> rows) {
  MP_ASSIGN(const PlannedTable* planned, scattered_table(plan, table));
  MP_ASSIGN(auto survey, scattered(*planned->fold, planned->fold_options, passed));
  return std::unique_ptr<Stream>(std::make_unique<JudgedSplit>(*planned, std::move(survey), std::move(rows)));
}

}  // namespace millpond::flow
