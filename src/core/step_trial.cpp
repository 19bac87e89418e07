#include "core/step_trial.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "core/arrow_status.h"
#include "core/operator_output.h"
#include "core/take.h"
#include "millpond/expander.h"

namespace millpond {
namespace {

/// Where each resulting row comes from: of what the step emitted, or an input row that it dropped.
struct Origin {
  std::int64_t parent = 0, emitted = -1;
};

std::vector<Origin> origins_of(const std::vector<std::int64_t>& parents,
                               const std::map<std::int64_t, std::string>& dropped) {
  std::vector<Origin> origins;
  for (std::size_t i = 0; i < parents.size(); ++i) origins.push_back({parents[i], static_cast<std::int64_t>(i)});
  for (const auto& [row, reason] : dropped) origins.push_back({row, -1});
  std::stable_sort(origins.begin(), origins.end(),
                   [](const Origin& a, const Origin& b) { return a.parent < b.parent; });
  return origins;
}

/// The column's emitted values; for dropped rows those of `before`, or null without it.
Result<std::shared_ptr<arrow::Array>> merged(const std::shared_ptr<arrow::Array>& emitted,
                                             const std::shared_ptr<arrow::Array>& before,
                                             const std::vector<Origin>& origins) {
  std::shared_ptr<arrow::Array> other = before;
  if (!other) { MP_ASSIGN(other, from_arrow(arrow::MakeArrayOfNull(emitted->type(), 1))); }
  MP_ASSIGN(const auto both, from_arrow(arrow::Concatenate({emitted, other})));
  std::vector<std::int64_t> rows;
  for (const Origin& origin : origins) {
    rows.push_back(origin.emitted >= 0 ? origin.emitted : emitted->length() + (before ? origin.parent : 0));
  }
  return take(both, rows);
}

TrialOutcome ask(const RuleFilter& filter, const Batch& input) {
  TrialOutcome outcome;
  outcome.rows = input;
  const Input in(input);
  for (std::int64_t row = 0; row < input->num_rows(); ++row) {
    outcome.parents.push_back(row);
    auto& broken = outcome.broken.emplace_back();
    for (const RuleVerdict& verdict : filter.verdicts(in, row)) {
      if (verdict.broken) broken.push_back({std::string(verdict.rule), verdict, true});
    }
  }
  return outcome;
}

}  // namespace

Result<TrialOutcome> try_step(const Step& step, Operator& op, const Batch& input, Context& context) {
  if (const auto* filter = dynamic_cast<const RuleFilter*>(&op)) return ask(*filter, input);
  const OperatorDef& def = *step.def;
  Schema sets = def.adds;
  sets.insert(sets.end(), def.rewrites.begin(), def.rewrites.end());
  Output output(sets, input->num_rows());
  Output::Impl& impl = output.impl();
  std::vector<std::pair<std::int64_t, std::string>> drops;
  impl.dropped = &drops;
  if (input->num_rows() > 0) {
    try {
      if (Status status = op.process(Input(input), output, context); !status.ok())
        return std::move(status).at(def.name);
    } catch (const std::exception& failure) { return internal(def.name, ": threw: ", failure.what()); }
  }
  MP_TRY(impl.finish());
  TrialOutcome outcome;
  for (const Rejection& reject : impl.rejects) {
    outcome.rejected.push_back(reject.row);
    outcome.rejected_reason.push_back(reject.why);
  }
  const std::map<std::int64_t, std::string> dropped(drops.begin(), drops.end());
  const std::vector<Origin> origins = origins_of(impl.parents, dropped);
  for (const Origin& origin : origins) {
    outcome.parents.push_back(origin.parent);
    auto& broken = outcome.broken.emplace_back();
    if (origin.emitted < 0) broken.push_back({dropped.at(origin.parent), {}, false});
  }
  arrow::FieldVector fields;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < input->num_columns(); ++i) {
    const auto& field = input->schema()->field(i);
    if (field->name().starts_with(kExpandedPrefix)) continue;
    const auto rewritten = std::find_if(def.rewrites.begin(), def.rewrites.end(),
                                        [&](const Field& each) { return each.name == field->name(); });
    fields.push_back(field);
    if (rewritten != def.rewrites.end()) {
      const auto at = def.adds.size() + static_cast<std::size_t>(rewritten - def.rewrites.begin());
      MP_ASSIGN(const auto emitted, Output::Impl::array_of(impl.columns[at]));
      MP_ASSIGN(auto column, merged(emitted, input->column(i), origins));
      columns.push_back(std::move(column));
    } else {
      MP_ASSIGN(auto column, take(input->column(i), outcome.parents));
      columns.push_back(std::move(column));
    }
  }
  for (std::size_t i = 0; i < def.adds.size(); ++i) {
    fields.push_back(to_arrow(Schema{def.adds[i]})->field(0)->WithNullable(true));
    MP_ASSIGN(const auto emitted, Output::Impl::array_of(impl.columns[i]));
    MP_ASSIGN(auto column, merged(emitted, nullptr, origins));
    columns.push_back(std::move(column));
  }
  outcome.rows = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), static_cast<std::int64_t>(origins.size()),
                                          std::move(columns));
  return outcome;
}

}  // namespace millpond
