#include "millpond/chain.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/arrow_status.h"
#include "core/operator_output.h"
#include "core/take.h"
#include "millpond/expander.h"
#include "millpond/registry.h"
#include "millpond/row_hash.h"

namespace millpond {
namespace {

Status check_columns(const Schema& available, const Schema& wanted) {
  for (const Field& field : wanted) {
    const Field* found = find_field(available, field.name);
    if (!found) {
      std::string names;
      for (const Field& each : available) names += (names.empty() ? "" : ", ") + each.name;
      return invalid("reads a column that nothing before it provides: ", field.name).hint("There are: " + names + ".");
    }
    if (!(found->type == field.type)) {
      return invalid("reads column ", field.name, " as ", field.type.to_string(), ", but it is ",
                     found->type.to_string());
    }
  }
  return {};
}

Result<Step> resolve(const StepSpec& spec) {
  Step step;
  step.def = find_operator(spec.name);
  if (!step.def) { return not_found("no such operator: ", spec.name).hint("`millpond operators` lists them."); }
  auto options = Options::resolve(step.def->options, spec.options);
  if (!options.ok()) return std::move(options).status().at(spec.name);
  step.options = *std::move(options);
  std::string form = spec.name + '\n' + std::to_string(step.def->version) + '\n' + step.options.canonical();
  if (step.def->fingerprint_of) {
    auto more = step.def->fingerprint_of(step.options);
    if (!more.ok()) return std::move(more).status().at(spec.name);
    form += '\n' + *more;
  }
  step.fingerprint = hash_bytes(form).hex();
  return step;
}

/// Puts the emitted rows into the order of their parents; most operators emit in order and pay only the check.
std::vector<std::int64_t> order_by_parent(const std::vector<std::int64_t>& parents) {
  if (std::is_sorted(parents.begin(), parents.end())) return {};
  std::vector<std::int64_t> order(parents.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return parents[static_cast<std::size_t>(a)] < parents[static_cast<std::size_t>(b)];
  });
  return order;
}

bool is_identity(const std::vector<std::int64_t>& parents, std::int64_t rows) {
  if (static_cast<std::int64_t>(parents.size()) != rows) return false;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    if (parents[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

/// Where the first step is an expander and nobody has cut its input into pieces: all of them, one after another.
Result<ChainOutcome> run_expanded(ChainRunner& runner, Expander& expander, const Batch& input, Context& context) {
  ChainOutcome all;
  std::vector<Batch> rows;
  Expansion expansion(expander, input);
  while (true) {
    MP_ASSIGN(const std::optional<Batch> piece, expansion.next(context));
    if (!piece) break;
    MP_ASSIGN(ChainOutcome outcome, runner.run(*piece, context));
    rows.push_back(std::move(outcome.rows));
    all.parents.insert(all.parents.end(), static_cast<std::size_t>(rows.back()->num_rows()), expansion.input_row());
    for (const auto& [reason, count] : outcome.drops) all.drops[reason] += count;
    for (ChainReject& reject : outcome.rejects) {
      reject.input_row = expansion.input_row();
      all.rejects.push_back(std::move(reject));
    }
  }
  if (rows.empty()) {  // no records: the shape of the rows is still needed
    MP_ASSIGN(ChainOutcome none, runner.run(input->Slice(0, 0), context));
    rows.push_back(std::move(none.rows));
  }
  MP_ASSIGN(all.rows, concatenate(rows));
  return all;
}

}  // namespace

Result<Chain> Chain::plan(const Schema& input, const std::vector<StepSpec>& steps) {
  Chain chain;
  chain.input_ = input;
  chain.output_ = input;
  chain.costly_from_ = steps.size();
  for (const StepSpec& spec : steps) {
    MP_ASSIGN(Step step, resolve(spec));
    for (const Schema* wanted : {&step.def->reads, &step.def->locates}) {
      if (Status status = check_columns(chain.output_, *wanted); !status.ok()) return std::move(status).at(spec.name);
    }
    for (const Field& field : step.def->adds) {
      if (find_field(chain.output_, field.name)) {
        return invalid(spec.name, ": adds a column that is there already: ", field.name);
      }
      chain.output_.push_back(field);
    }
    for (const Field& field : step.def->rewrites) {
      if (!find_field(step.def->reads, field.name)) {
        return internal(spec.name, ": rewrites a column that it does not read: ", field.name);
      }
    }
    if (step.def->costly && chain.costly_from_ == steps.size()) chain.costly_from_ = chain.steps_.size();
    chain.steps_.push_back(std::move(step));
  }
  return chain;
}

std::string Chain::fingerprint() const {
  std::string form;
  for (const Step& step : steps_) form += step.fingerprint;
  return hash_bytes(form).hex();
}

std::vector<std::string> Chain::reads_from(std::size_t first) const {
  std::set<std::string> made, wanted;
  for (std::size_t i = first; i < steps_.size(); ++i) {
    for (const Field& field : steps_[i].def->reads) {
      if (!made.count(field.name)) wanted.insert(field.name);
    }
    for (const Field& field : steps_[i].def->adds) made.insert(field.name);
  }
  return {wanted.begin(), wanted.end()};
}

std::vector<std::string> Chain::needs() const {
  std::set<std::string> made, wanted;
  for (const Step& step : steps_) {
    for (const Schema* schema : {&step.def->reads, &step.def->locates}) {
      for (const Field& field : *schema) {
        if (!made.count(field.name)) wanted.insert(field.name);
      }
    }
    for (const Field& field : step.def->adds) made.insert(field.name);
  }
  return {wanted.begin(), wanted.end()};
}

Chain Chain::slice(std::size_t first, std::size_t last) const {
  Chain part;
  part.input_ = input_;
  for (std::size_t i = 0; i < first; ++i) {
    for (const Field& field : steps_[i].def->adds) part.input_.push_back(field);
  }
  part.output_ = part.input_;
  part.costly_from_ = last - first;
  for (std::size_t i = first; i < last; ++i) {
    if (steps_[i].def->costly && part.costly_from_ == last - first) part.costly_from_ = i - first;
    for (const Field& field : steps_[i].def->adds) part.output_.push_back(field);
    part.steps_.push_back(steps_[i]);
  }
  return part;
}

Result<std::unique_ptr<ChainRunner>> ChainRunner::make(const Chain& chain, const std::set<std::string>* wanted) {
  std::unique_ptr<ChainRunner> runner(new ChainRunner(chain));
  if (wanted) {
    std::set<std::string> later = *wanted;
    runner->carried_.emplace(chain.steps().size());
    for (std::size_t step = chain.steps().size(); step-- > 0;) {
      (*runner->carried_)[step] = later;
      for (const Schema* schema : {&chain.steps()[step].def->reads, &chain.steps()[step].def->locates}) {
        for (const Field& field : *schema) later.insert(field.name);
      }
    }
  }
  for (const Step& step : runner->chain_.steps()) {
    auto made = step.def->make(step.options);
    if (!made.ok()) return std::move(made).status().at(step.def->name);
    runner->operators_.push_back(*std::move(made));
    Schema sets = step.def->adds;
    sets.insert(sets.end(), step.def->rewrites.begin(), step.def->rewrites.end());
    runner->sets_.push_back(std::move(sets));
  }
  return runner;
}

Result<ChainOutcome> ChainRunner::run(const Batch& input, Context& context) {
  const bool expanded = input->schema()->GetFieldIndex(std::string(kExpandedNumber)) >= 0;
  auto* expander = operators_.empty() ? nullptr : dynamic_cast<Expander*>(operators_[0].get());
  if (expander && !expanded && input->num_rows() > 0) return run_expanded(*this, *expander, input, context);
  ChainOutcome outcome;
  outcome.rows = input;
  outcome.parents.resize(static_cast<std::size_t>(input->num_rows()));
  std::iota(outcome.parents.begin(), outcome.parents.end(), 0);
  for (std::size_t step = 0; step < operators_.size(); ++step) {
    if (outcome.rows->num_rows() > 0) { MP_TRY(context.check()); }
    if (Status status = run_step(step, outcome, context); !status.ok()) {
      return std::move(status).at(chain_.steps()[step].def->name);
    }
  }
  return outcome;
}

Status ChainRunner::run_step(std::size_t index, ChainOutcome& outcome, Context& context) {
  const OperatorDef& def = *chain_.steps()[index].def;
  const std::int64_t rows = outcome.rows->num_rows();
  Output output(sets_[index], rows);
  if (rows > 0) {
    try {
      MP_TRY(operators_[index]->process(Input(outcome.rows), output, context));
    } catch (const std::bad_alloc&) {
      return exhausted("out of memory").hint("Give more with --memory, or use smaller inputs.");
    } catch (const std::exception& failure) { return internal("threw: ", failure.what()); }
  }
  Output::Impl& impl = output.impl();
  MP_TRY(impl.finish());
  for (const auto& [reason, count] : impl.drops) outcome.drops[std::string(def.name) + ": " + reason] += count;
  for (Rejection& reject : impl.rejects) {
    outcome.rejects.push_back(
        {outcome.parents[static_cast<std::size_t>(reject.row)], index, reject.code, std::move(reject.why)});
  }

  std::vector<std::shared_ptr<arrow::Array>> added;
  for (auto& column : impl.columns) {
    MP_ASSIGN(auto array, Output::Impl::array_of(column));
    added.push_back(std::move(array));
  }
  std::vector<std::int64_t> parents = std::move(impl.parents);
  if (const std::vector<std::int64_t> order = order_by_parent(parents); !order.empty()) {
    for (auto& array : added) { MP_ASSIGN(array, take(array, order)); }
    std::sort(parents.begin(), parents.end());
  }

  const auto is_carried = [&](const std::string& name) {
    if (index == 0 && name.starts_with(kExpandedPrefix)) return false;
    return !carried_ || (*carried_)[index].count(name);
  };
  std::vector<std::shared_ptr<arrow::Array>> columns;
  arrow::FieldVector fields;
  const bool identity = is_identity(parents, rows);
  for (int i = 0; i < outcome.rows->num_columns(); ++i) {
    if (!is_carried(outcome.rows->column_name(i))) continue;
    fields.push_back(outcome.rows->schema()->field(i));
    const auto rewritten = std::find_if(def.rewrites.begin(), def.rewrites.end(),
                                        [&](const Field& field) { return field.name == outcome.rows->column_name(i); });
    if (rewritten != def.rewrites.end()) {
      columns.push_back(added[def.adds.size() + static_cast<std::size_t>(rewritten - def.rewrites.begin())]);
    } else if (identity) {
      columns.push_back(outcome.rows->column(i));
    } else {
      MP_ASSIGN(auto taken, take(outcome.rows->column(i), parents));
      columns.push_back(std::move(taken));
    }
  }
  for (std::size_t i = 0; i < def.adds.size(); ++i) {
    if (!is_carried(def.adds[i].name)) continue;
    fields.push_back(to_arrow(Schema{def.adds[i]})->field(0));
    columns.push_back(std::move(added[i]));
  }
  outcome.rows = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), static_cast<std::int64_t>(parents.size()),
                                          std::move(columns));
  for (std::int64_t& parent : parents) parent = outcome.parents[static_cast<std::size_t>(parent)];
  outcome.parents = std::move(parents);
  return {};
}

}  // namespace millpond
