#include "core/survey.h"

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <malloc.h>

#include <deque>

#include "core/arrow_status.h"
#include "core/spill.h"

namespace millpond {
namespace {

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

/// Rows between the two passes: the first ones in memory, the rest on disk.
class Waiting {
 public:
  Waiting(ArrowSchema schema, std::string spill_dir, MemoryBudget& budget)
      : schema_(std::move(schema)), spill_dir_(std::move(spill_dir)), budget_(&budget) {}
  ~Waiting() { budget_->release(size_bytes_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  Status add(const Batch& batch) {
    MP_ASSIGN(const std::int64_t size_bytes, from_arrow(arrow::util::ReferencedBufferSize(*batch)));
    // Half of the budget is left to what the survey remembers.
    const bool room = budget_->used_bytes() + size_bytes <= budget_->limit_bytes() / 2;
    if (!file_ && room && budget_->try_reserve(size_bytes)) {
      size_bytes_ += size_bytes;
      held_.emplace_back(batch, size_bytes);
      return {};
    }
    if (!file_) { MP_ASSIGN(file_, SpillFile::create(spill_dir_, schema_)); }
    return file_->append(batch);
  }

  Result<std::optional<Batch>> next(Context& context) {
    if (!held_.empty()) {
      auto [batch, size_bytes] = std::move(held_.front());
      held_.pop_front();
      budget_->release(size_bytes);
      size_bytes_ -= size_bytes;
      return std::optional<Batch>(std::move(batch));
    }
    if (file_) { MP_ASSIGN(rest_, SpillFile::read(std::move(file_))); }
    if (!rest_) return std::optional<Batch>();
    return rest_->next(context);
  }

 private:
  const ArrowSchema schema_;
  const std::string spill_dir_;
  MemoryBudget* budget_;
  std::int64_t size_bytes_ = 0;
  std::deque<std::pair<Batch, std::int64_t>> held_;
  std::unique_ptr<SpillFile> file_;
  std::unique_ptr<Stream> rest_;
};

/// What the allocators keep of many small pieces is beyond any budget, unless they are told.
void give_back_memory() {
  ::malloc_trim(0);
  arrow::default_memory_pool()->ReleaseUnused();
}

class JudgedStream final : public Stream {
 public:
  JudgedStream(const FoldDef& def, ArrowSchema schema, std::unique_ptr<Survey> survey, std::unique_ptr<Waiting> rows)
      : def_(def), schema_(std::move(schema)), survey_(std::move(survey)), rows_(std::move(rows)) {}
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (true) {
      MP_TRY(context.check());
      MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
      if (!batch) return batch;
      MP_ASSIGN(Batch judged, guarded(def_, [&] { return survey_->judge(*batch, context); }));
      if (judged->num_columns() != schema_->num_fields()) {
        return internal(def_.name, ": gave columns ", judged->schema()->ToString());
      }
      if (judged->num_rows() == 0) continue;
      return std::optional<Batch>(arrow::RecordBatch::Make(schema_, judged->num_rows(), judged->columns()));
    }
  }

 private:
  const FoldDef& def_;
  const ArrowSchema schema_;
  const std::unique_ptr<Survey> survey_;
  const std::unique_ptr<Waiting> rows_;
};

class SurveyFold final : public Fold {
 public:
  explicit SurveyFold(std::unique_ptr<Survey> survey) : survey_(std::move(survey)) {}

  Status absorb(const Batch& rows, Context& context) override {
    rows_.push_back(rows);
    return survey_->absorb(rows, context);
  }
  Status merge(Fold&& other, Context& context) override {
    for (const Batch& rows : static_cast<SurveyFold&>(other).rows_) MP_TRY(absorb(rows, context));
    return {};
  }
  Result<std::vector<Batch>> finish(Context& context) override {
    MP_TRY(survey_->finish(context));
    std::vector<Batch> results;
    for (const Batch& rows : rows_) {
      MP_ASSIGN(Batch judged, survey_->judge(rows, context));
      results.push_back(std::move(judged));
    }
    return results;
  }

 private:
  const std::unique_ptr<Survey> survey_;
  std::vector<Batch> rows_;
};

}  // namespace

Result<std::unique_ptr<Stream>> run_survey(std::unique_ptr<Stream> input, const FoldDef& def, const Options& options,
                                           const std::string& spill_dir, Context& context) {
  MP_ASSIGN(auto survey, guarded(def, [&] { return def.survey(options, spill_dir); }));
  auto rows = std::make_unique<Waiting>(input->schema(), spill_dir, context.memory());
  while (true) {
    MP_TRY(context.check());
    MP_ASSIGN(const std::optional<Batch> batch, input->next(context));
    if (!batch) break;
    MP_TRY(guarded(def, [&] { return survey->absorb(*batch, context); }));
    MP_TRY(rows->add(*batch));
  }
  give_back_memory();
  MP_TRY(guarded(def, [&] { return survey->finish(context); }));
  give_back_memory();
  arrow::FieldVector fields = input->schema()->fields();
  for (const Field& field : def.adds) fields.push_back(to_arrow(Schema{field})->field(0));
  return std::unique_ptr<Stream>(
      std::make_unique<JudgedStream>(def, arrow::schema(std::move(fields)), std::move(survey), std::move(rows)));
}

Result<std::unique_ptr<Fold>> fold_of(const FoldDef& def, const Options& options) {
  MP_ASSIGN(auto survey, def.survey(options, {}));
  return std::unique_ptr<Fold>(std::make_unique<SurveyFold>(std::move(survey)));
}

}  // namespace millpond
