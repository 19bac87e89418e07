#include "millpond/scattered.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "core/arrow_status.h"
#include "core/take.h"
#include "millpond/fold.h"

namespace millpond {
namespace {

constexpr std::int64_t kBatchRecords = 64 << 10;
constexpr std::int64_t kBatchBytes = 8 << 20;

template <class Call>
auto guarded(const FoldDef& def, Call&& call) -> decltype(call()) {
  try {
    auto result = call();
    if (result.ok()) return result;
    return detail::status_of(std::move(result)).at(def.name);
  } catch (const std::bad_alloc&) {
    return exhausted("out of memory").at(def.name);
  } catch (const std::exception& failure) { return internal("threw: ", failure.what()).at(def.name); }
}

/// Records as they become batches.
class Collected final : public RecordSink {
 public:
  Status add(const Record& record) override {
    arrow::Status status = place_.Append(record.place);
    status &= kind_.Append(record.kind);
    status &= a_.Append(record.a);
    status &= b_.Append(record.b);
    status &= value_.Append(record.value);
    MP_TRY(from_arrow(status));
    const bool full = place_.length() >= kBatchRecords || value_.value_data_length() >= kBatchBytes;
    return full ? flush() : Status();
  }
  Status flush() {
    const std::int64_t rows = place_.length();
    if (rows == 0) return {};
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (arrow::ArrayBuilder* builder :
         std::initializer_list<arrow::ArrayBuilder*>{&place_, &kind_, &a_, &b_, &value_}) {
      MP_ASSIGN(auto column, from_arrow(builder->Finish()));
      columns.push_back(std::move(column));
    }
    batches_.push_back(arrow::RecordBatch::Make(record_schema(), rows, std::move(columns)));
    return {};
  }
  std::vector<Batch> take() { return std::move(batches_); }

 private:
  arrow::Int64Builder place_, a_, b_;
  arrow::Int32Builder kind_;
  arrow::BinaryBuilder value_;
  std::vector<Batch> batches_;
};

/// Batches that are made while others are read, and a tally at the end.
class Passing final : public Stream {
 public:
  Passing(const FoldDef& def, std::unique_ptr<ScatteredSurvey> survey, std::unique_ptr<Stream> rows)
      : def_(def), survey_(std::move(survey)), rows_(std::move(rows)) {}
  ArrowSchema schema() const override { return record_schema(); }

  Result<std::optional<Batch>> next(Context& context) override {
    while (at_ == ready_.size() && rows_) {
      MP_TRY(context.check());
      MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
      if (batch) {
        MP_ASSIGN(const Batch rows, take_verdicts(*batch, *survey_));
        if (rows->num_rows() > 0) MP_TRY(guarded(def_, [&] { return survey_->note(rows, made_, context); }));
        seen_ += rows->num_rows();
      } else {
        rows_.reset();
        MP_TRY(tally_into(def_, *survey_, seen_, made_));
      }
      ready_ = made_.take(), at_ = 0;
    }
    if (at_ == ready_.size()) return std::optional<Batch>();
    return std::optional<Batch>(std::move(ready_[at_++]));
  }

  static Status tally_into(const FoldDef& def, ScatteredSurvey& survey, std::int64_t seen, Collected& made) {
    MP_ASSIGN(const std::string tally, guarded(def, [&] { return survey.tally(); }));
    MP_TRY(made.add({.kind = kTally, .a = seen, .value = tally}));
    return made.flush();
  }

 private:
  const FoldDef& def_;
  const std::unique_ptr<ScatteredSurvey> survey_;
  std::unique_ptr<Stream> rows_;
  Collected made_;
  std::vector<Batch> ready_;
  std::size_t at_ = 0;
  std::int64_t seen_ = 0;
};

Status read_records(const arrow::RecordBatch& batch, std::vector<Record>& records) {
  const ArrowSchema schema = record_schema();
  if (batch.num_columns() != schema->num_fields()) {
    return invalid("these are no records of a scattered fold: ", batch.schema()->ToString());
  }
  for (int i = 0; i < schema->num_fields(); ++i) {
    if (!batch.column(i)->type()->Equals(*schema->field(i)->type())) {
      return invalid("a record's column came back as another type: ", batch.schema()->field(i)->ToString());
    }
  }
  const auto numbers = [&](int i) { return static_cast<const arrow::Int64Array*>(batch.column(i).get()); };
  const auto* kinds = static_cast<const arrow::Int32Array*>(batch.column(1).get());
  const auto* values = static_cast<const arrow::BinaryArray*>(batch.column(4).get());
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    records.push_back({numbers(0)->Value(row), kinds->Value(row), numbers(2)->Value(row), numbers(3)->Value(row),
                       values->IsNull(row) ? std::string_view() : values->GetView(row)});
  }
  return {};
}

}  // namespace

ArrowSchema record_schema() {
  return arrow::schema({arrow::field("place", arrow::int64()), arrow::field("kind", arrow::int32()),
                        arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64()),
                        arrow::field("value", arrow::binary())});
}

Result<Batch> take_verdicts(const Batch& rows, ScatteredSurvey& survey) {
  const int place = rows->schema()->GetFieldIndex(std::string(kVerdictColumn));
  if (place < 0) return rows;
  const auto verdict_column = rows->column(place);
  const auto number_column = rows->GetColumnByName(std::string(kFoldPosition));
  const auto* verdicts = dynamic_cast<const arrow::BinaryArray*>(verdict_column.get());
  const auto* numbers = dynamic_cast<const arrow::Int64Array*>(number_column.get());
  if (!verdicts || !numbers) return invalid("the rows come without verdicts: ", rows->schema()->ToString());
  std::vector<std::int64_t> kept;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    if (verdicts->IsNull(row))
      kept.push_back(row);
    else
      MP_TRY(survey.verdict(numbers->Value(row), verdicts->GetView(row)));
  }
  MP_ASSIGN(const Batch without, from_arrow(rows->RemoveColumn(place)));
  return take(without, kept);
}

Result<std::unique_ptr<ScatteredSurvey>> scattered(const FoldDef& def, const Options& options, std::string_view plan) {
  const ScatteredDef* found = find_scattered(def.name);
  if (!found) return unsupported("the fold needs all rows in one place: ", def.name);
  return guarded(def, [&] { return found->make(options, plan); });
}

Result<NextPass> next_pass(const FoldDef& def, const Options& options, std::string_view plan,
                           const std::vector<std::string>& tallies) {
  MP_ASSIGN(const auto survey, scattered(def, options, plan));
  return guarded(def, [&] { return survey->next_pass(tallies); });
}

Result<std::unique_ptr<Stream>> note_rows(const FoldDef& def, const Options& options, std::string_view plan,
                                          std::unique_ptr<Stream> rows) {
  MP_ASSIGN(auto survey, scattered(def, options, plan));
  return std::unique_ptr<Stream>(std::make_unique<Passing>(def, std::move(survey), std::move(rows)));
}

Result<std::unique_ptr<Stream>> work_records(const FoldDef& def, const Options& options, std::string_view plan,
                                             std::unique_ptr<Stream> input, Context& context) {
  MP_ASSIGN(const auto survey, scattered(def, options, plan));
  std::vector<Batch> held;
  std::vector<Record> records;
  while (true) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::optional<Batch> batch, input->next(context));
    if (!batch) break;
    held.push_back(*batch);
    MP_TRY(read_records(**batch, records));
  }
  std::sort(records.begin(), records.end(), [](const Record& x, const Record& y) { return x.place < y.place; });
  Collected made;
  MP_TRY(guarded(def, [&] { return survey->work(records, made, context); }));
  MP_TRY(Passing::tally_into(def, *survey, static_cast<std::int64_t>(records.size()), made));
  return stream_of(record_schema(), made.take());
}

}  // namespace millpond
