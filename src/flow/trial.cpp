#include "millpond/flow/trial.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <functional>

#include "core/exchange.h"
#include "core/take.h"
#include "flow/fold_table.h"
#include "flow/step_counts.h"
#include "flow/trial_path.h"
#include "flow/upstream_reader.h"

namespace millpond::flow {
namespace {

/// Sums up what was tried, in the order of the rows.
class Tally {
 public:
  Tally(const TrialPath& path, const TrialOptions& options, TrialReport& report)
      : path_(path), options_(options), report_(report) {}

  /// Every rule that can be named beforehand, so that one that never matches is seen as well.
  Status begin() {
    for (std::size_t table = 0; table < path_.tables.size(); ++table) {
      const auto& steps = path_.tables[table]->chain.steps();
      for (std::size_t step = 0; step < steps.size(); ++step) {
        MP_ASSIGN(const auto op, steps[step].def->make(steps[step].options));
        const auto* filter = dynamic_cast<const RuleFilter*>(op.get());
        if (!filter) continue;
        MP_ASSIGN(const Batch none, one_null_row(steps[step].def->reads));
        for (const RuleVerdict& verdict : filter->verdicts(Input(none), 0)) {
          (void)rule_of({table, step, {std::string(verdict.rule), verdict, true}});
        }
      }
    }
    return {};
  }

  void add(const TriedRows& tried) {
    report_.rows_in += tried.rows_in;
    report_.rows_rejected += tried.rejected;
    merge_step_counts(tried.counts, report_.counts);
    for (std::size_t row = 0; row < tried.broken.size(); ++row) {
      std::vector<std::size_t> rules;
      for (const BrokenRule& broken : tried.broken[row]) {
        const std::size_t at = rule_of(broken);
        rules.push_back(at);
        note(report_.rules[at], broken, tried.rows, static_cast<std::int64_t>(row));
      }
      if (rules.empty()) {
        ++report_.rows_kept;
        continue;
      }
      ++report_.rules[rules.front()].drops;
      if (rules.size() == 1) ++report_.rules[rules.front()].only;
      for (std::size_t i = 0; i < rules.size(); ++i) {
        for (std::size_t j = i + 1; j < rules.size(); ++j) ++report_.overlaps[std::minmax(rules[i], rules[j])];
      }
    }
  }

  /// Rules in the order of the steps, and the steps that dropped nothing.
  void end() {
    std::vector<std::size_t> order(keys_.size()), place(keys_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys_[a] < keys_[b]; });
    std::vector<TrialRule> rules;
    for (std::size_t i = 0; i < order.size(); ++i) {
      place[order[i]] = i;
      rules.push_back(std::move(report_.rules[order[i]]));
    }
    report_.rules = std::move(rules);
    decltype(report_.overlaps) overlaps;
    for (const auto& [pair, rows] : report_.overlaps)
      overlaps[std::minmax(place[pair.first], place[pair.second])] = rows;
    report_.overlaps = std::move(overlaps);
    for (const PlannedTable* planned : path_.tables) {
      for (const Step& step : planned->chain.steps()) {
        if (!step.def->adds.empty()) continue;
        const bool dropped = std::any_of(report_.rules.begin(), report_.rules.end(), [&](const TrialRule& rule) {
          return rule.table == planned->spec.name && rule.step == step.def->name && rule.drops > 0;
        });
        if (!dropped) report_.silent.push_back(planned->spec.name + ": " + std::string(step.def->name));
      }
    }
  }

 private:
  static Result<Batch> one_null_row(const Schema& columns) {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    const auto schema = to_arrow(columns);
    for (const auto& field : schema->fields()) {
      auto made = arrow::MakeArrayOfNull(field->type(), 1);
      if (!made.ok()) return internal("no null of type ", field->type()->ToString());
      arrays.push_back(std::move(made).MoveValueUnsafe());
    }
    return arrow::RecordBatch::Make(schema, 1, std::move(arrays));
  }

  std::size_t rule_of(const BrokenRule& broken) {
    const auto [found, added] =
        known_.try_emplace({broken.table, broken.step, broken.broken.reason}, report_.rules.size());
    if (!added) return found->second;
    const PlannedTable& planned = *path_.tables[broken.table];
    TrialRule rule{.table = planned.spec.name,
                   .step = std::string(planned.chain.steps()[broken.step].def->name),
                   .rule = broken.broken.reason};
    if (broken.broken.measured) {
      rule.column = broken.broken.verdict.column;
      rule.threshold = broken.broken.verdict.threshold;
      rule.at_least = broken.broken.verdict.at_least;
    }
    report_.rules.push_back(std::move(rule));
    keys_.emplace_back(broken.table, broken.step);
    return found->second;
  }

  void note(TrialRule& rule, const BrokenRule& broken, const Batch& rows, std::int64_t row) {
    ++rule.breaks;
    if (rule.examples.size() >= static_cast<std::size_t>(options_.examples)) return;
    TrialExample example{.row = row_label(rows, row), .text = text_begin(rows, row)};
    if (broken.broken.measured) example.value = broken.broken.verdict.value;
    rule.examples.push_back(std::move(example));
  }

  const TrialPath& path_;
  const TrialOptions& options_;
  TrialReport& report_;
  std::map<std::tuple<std::size_t, std::size_t, std::string>, std::size_t> known_;
  std::vector<std::pair<std::size_t, std::size_t>> keys_;
};

/// The rows that no rule drops; on the way, all are counted.
class KeptStream final : public Stream {
 public:
  KeptStream(UpstreamReader& reader, std::vector<std::unique_ptr<PathRunner>> runners, ArrowSchema schema,
             std::int64_t rows_max, Tally& tally)
      : reader_(reader), runners_(std::move(runners)), schema_(std::move(schema)), left_(rows_max), tally_(tally) {}
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (ready_.empty() && !ended_) MP_TRY(try_some(context));
    if (ready_.empty()) return std::optional<Batch>();
    Batch batch = std::move(ready_.front());
    ready_.pop_front();
    return std::optional<Batch>(std::move(batch));
  }

 private:
  Status try_some(Context& context) {
    const int threads = static_cast<int>(runners_.size());
    int batches = 4 * threads;
    OrderedExchange<Batch, TriedRows> exchange(threads, 2 * threads + 2);
    const auto pull = [&]() -> Result<std::optional<Batch>> {
      if (batches-- == 0) return std::optional<Batch>();
      MP_ASSIGN(std::optional<Batch> batch, reader_.next(context));
      if (batch && left_ > 0 && (*batch)->num_rows() >= left_) {
        batch = (*batch)->Slice(0, left_);
        ended_ = true, batches = 0;
      } else if (batch && left_ > 0) {
        left_ -= (*batch)->num_rows();
      }
      ended_ |= !batch;
      return batch;
    };
    const auto work = [&](int worker, Batch&& batch) {
      return runners_[static_cast<std::size_t>(worker)]->run(batch, context);
    };
    const auto consume = [&](TriedRows&& tried) -> Status {
      tally_.add(tried);
      context.progress().advance(tried.rows_in, 0);
      std::vector<std::int64_t> kept;
      for (std::size_t row = 0; row < tried.broken.size(); ++row) {
        if (tried.broken[row].empty()) kept.push_back(static_cast<std::int64_t>(row));
      }
      if (kept.empty()) return {};
      MP_ASSIGN(const Batch rows, millpond::take(tried.rows, kept));
      std::vector<std::shared_ptr<arrow::Array>> columns;
      for (const auto& field : schema_->fields()) {
        auto column = rows->GetColumnByName(field->name());
        if (!column) return internal("no column for the fold: ", field->name());
        columns.push_back(std::move(column));
      }
      ready_.push_back(arrow::RecordBatch::Make(schema_, rows->num_rows(), std::move(columns)));
      return {};
    };
    return exchange.run(pull, work, consume);
  }

  UpstreamReader& reader_;
  std::vector<std::unique_ptr<PathRunner>> runners_;
  const ArrowSchema schema_;
  std::int64_t left_;
  Tally& tally_;
  std::deque<Batch> ready_;
  bool ended_ = false;
};

/// The columns of the last table before its fold, but for the identities that only a build gives.
ArrowSchema kept_schema(const PlannedTable& last) {
  Schema columns = (last.fold ? without_fold(last) : last).schema;
  std::erase_if(columns, [](const Field& field) { return field.name == "_parent" || field.name == "_key"; });
  for (Field& field : columns) field.required = false;
  return to_arrow(columns);
}

/// What reading the first table's upstream needs: also what later tables keep of it is among its columns.
Result<std::unique_ptr<UpstreamReader>> reader_of(const pond::Table& upstream, const PlannedTable& first,
                                                  Context& context) {
  PlannedTable wanted = first;
  for (const char* useful : {"id", "uri", "text"}) {
    const bool there = find_field(upstream.schema(), useful) != nullptr;
    if (there && std::find(wanted.spec.keep.begin(), wanted.spec.keep.end(), useful) == wanted.spec.keep.end()) {
      wanted.spec.keep.emplace_back(useful);
    }
  }
  MP_ASSIGN(const auto files, upstream.files());
  return UpstreamReader::open(upstream, wanted, pond::parts_of(files), context);
}

}  // namespace

Result<TrialReport> try_table(const pond::Pond& pond, const Plan& plan, std::string_view table,
                              const TrialOptions& options, Context& context) {
  MP_ASSIGN(const TrialPath path, path_to(plan, table));
  MP_ASSIGN(const bool there, pond.has_table(path.from));
  const Status not_built = not_found("the table that the rules judge is not built yet: ", path.from)
                               .hint("`millpond build --only " + path.from + "` builds it, and not what follows.");
  if (!there) return not_built;
  MP_ASSIGN(const pond::Table upstream, pond.table(path.from));
  if (!upstream.current()) return not_built;
  TrialReport report{.table = std::string(table), .from = path.from};
  MP_ASSIGN(const std::int64_t rows, upstream.rows());
  context.progress().begin("trying " + report.table, options.rows_max > 0 ? std::min(rows, options.rows_max) : rows);
  MP_ASSIGN(const auto reader, reader_of(upstream, *path.tables.front(), context));
  Tally tally(path, options, report);
  MP_TRY(tally.begin());
  std::vector<std::unique_ptr<PathRunner>> runners;
  for (int i = 0; i < std::max(1, context.threads()); ++i) {
    MP_ASSIGN(auto runner, PathRunner::make(path));
    runners.push_back(std::move(runner));
  }
  const PlannedTable& last = *path.tables.back();
  std::unique_ptr<Stream> kept =
      std::make_unique<KeptStream>(*reader, std::move(runners), kept_schema(last), options.rows_max, tally);
  const std::string spill = pond.local_folder() + "/spill";
  if (last.fold) {
    report.fold = last.fold->name;
    MP_ASSIGN(kept, run_fold(std::move(kept), *last.fold, last.fold_options, spill, context));
  }
  std::int64_t stayed = 0;
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, kept->next(context));
    if (!batch) break;
    stayed += (*batch)->num_rows();
  }
  std::error_code ignored;
  std::filesystem::remove(spill, ignored);  // only if it is empty; a build may be using it
  tally.end();
  context.progress().end();
  report.rows_joined = report.rows_kept - stayed;
  report.rows_kept = stayed;
  if (last.fold && report.rows_joined == 0) report.silent.push_back(last.spec.name + ": " + report.fold);
  return report;
}

}  // namespace millpond::flow
