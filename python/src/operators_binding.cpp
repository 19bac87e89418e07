// Operators and folds over any rows, without a pond.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <deque>

#include "arrow_edge.h"
#include "core/arrow_status.h"
#include "core/exchange.h"
#include "millpond/chain.h"
#include "millpond/fold.h"
#include "millpond/registry.h"
#include "millpond/row_hash.h"
#include "millpond/sink.h"
#include "millpond/source.h"
#include "options_binding.h"
#include "tables.h"

namespace millpond::python {
namespace {

nb::str text(std::string_view value) { return nb::str(value.data(), value.size()); }

nb::list list_of(const std::vector<Option>& options) {
  nb::list list;
  for (const Option& option : options) {
    nb::dict each;
    each["name"] = text(option.name);
    each["default"] = to_python(option.default_value);
    each["summary"] = text(option.summary);
    each["choices"] = option.choices;
    list.append(each);
  }
  return list;
}

template <class Def>
nb::dict definition(const Def& def, const char* kind) {
  nb::dict each;
  each["name"] = text(def.name);
  each["kind"] = kind;
  each["summary"] = text(def.summary);
  each["options"] = list_of(def.options);
  return each;
}

/// Everything that can stand in a flow, from the definitions themselves.
nb::list definitions() {
  nb::list list;
  for (const OperatorDef* def : operators()) {
    nb::dict each = definition(*def, "operator");
    each["version"] = def->version;
    each["costly"] = def->costly;
    each["reads"] = to_python(def->reads);
    each["locates"] = to_python(def->locates);
    each["adds"] = to_python(def->adds);
    list.append(each);
  }
  for (const FoldDef* def : folds()) {
    nb::dict each = definition(*def, "fold");
    each["version"] = def->version;
    each["reads"] = to_python(def->reads);
    each["adds"] = to_python(def->adds);
    list.append(each);
  }
  for (const SourceDef* def : sources()) {
    nb::dict each = definition(*def, "source");
    each["adds"] = to_python(def->schema);
    list.append(each);
  }
  for (const SinkDef* def : sinks()) list.append(definition(*def, "sink"));
  return list;
}

/// What did not come through a chain; filled while its rows are read.
struct Outcome {
  std::mutex mutex;
  std::map<std::string, std::int64_t> drops;
  struct Reject {
    std::int64_t row;
    std::string step, code, why;
  };
  std::vector<Reject> rejects;
};

/// Rows through a chain, some batches at a time on all threads.
class ChainStream final : public Stream {
 public:
  static Result<std::unique_ptr<Stream>> make(std::unique_ptr<Stream> input, const Chain& chain, int threads,
                                              std::shared_ptr<Outcome> outcome) {
    std::vector<std::unique_ptr<ChainRunner>> runners;
    for (int i = 0; i < threads; ++i) {
      MP_ASSIGN(auto runner, ChainRunner::make(chain));
      runners.push_back(std::move(runner));
    }
    // What the runner yields for no rows, so that the columns are told before the first batch.
    arrow::FieldVector fields = input->schema()->fields();
    for (const Step& step : chain.steps()) {
      for (const Field& field : step.def->adds) fields.push_back(to_arrow(millpond::Schema{field})->field(0));
    }
    std::unique_ptr<Stream> stream(new ChainStream(std::move(input), std::move(runners),
                                                   arrow::schema(std::move(fields)), std::move(outcome), chain));
    return stream;
  }
  ArrowSchema schema() const override { return schema_; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (ready_.empty() && !ended_) MP_TRY(run_some(context));
    if (ready_.empty()) return std::optional<Batch>();
    Batch batch = std::move(ready_.front());
    ready_.pop_front();
    return std::optional<Batch>(std::move(batch));
  }

 private:
  ChainStream(std::unique_ptr<Stream> input, std::vector<std::unique_ptr<ChainRunner>> runners, ArrowSchema schema,
              std::shared_ptr<Outcome> outcome, const Chain& chain)
      : input_(std::move(input)),
        runners_(std::move(runners)),
        schema_(std::move(schema)),
        outcome_(std::move(outcome)) {
    for (const Step& step : chain.steps()) steps_.emplace_back(step.def->name);
  }

  struct Made {
    ChainOutcome outcome;
    std::int64_t rows_in = 0;
  };

  Status run_some(Context& context) {
    const int threads = static_cast<int>(runners_.size());
    int left = threads == 1 ? 1 : 4 * threads;
    OrderedExchange<Batch, Made> exchange(threads, 2 * threads + 2);
    const auto pull = [&]() -> Result<std::optional<Batch>> {
      if (left-- == 0) return std::optional<Batch>();
      MP_ASSIGN(std::optional<Batch> batch, input_->next(context));
      ended_ = !batch;
      return batch;
    };
    const auto work = [&](int worker, Batch&& batch) -> Result<Made> {
      MP_TRY(context.check());
      MP_ASSIGN(ChainOutcome outcome, runners_[static_cast<std::size_t>(worker)]->run(batch, context));
      return Made{std::move(outcome), batch->num_rows()};
    };
    return exchange.run(pull, work, [&](Made&& made) { return take_up(std::move(made)); });
  }

  Status take_up(Made&& made) {
    {
      const std::lock_guard lock(outcome_->mutex);
      for (const auto& [reason, count] : made.outcome.drops) outcome_->drops[reason] += count;
      for (ChainReject& reject : made.outcome.rejects) {
        outcome_->rejects.push_back({rows_ + reject.input_row, steps_[reject.step], std::string(code_name(reject.code)),
                                     std::move(reject.why)});
      }
    }
    rows_ += made.rows_in;
    if (made.outcome.rows->num_rows() > 0) {
      ready_.push_back(arrow::RecordBatch::Make(schema_, made.outcome.rows->num_rows(), made.outcome.rows->columns()));
    }
    return {};
  }

  std::unique_ptr<Stream> input_;
  std::vector<std::unique_ptr<ChainRunner>> runners_;
  ArrowSchema schema_;
  std::shared_ptr<Outcome> outcome_;
  std::vector<std::string> steps_;
  std::deque<Batch> ready_;
  std::int64_t rows_ = 0;
  bool ended_ = false;
};

/// Steps as Python names them; they become a chain when the columns of the input are known.
struct ChainHandle {
  std::shared_ptr<Runtime> runtime;
  std::vector<StepSpec> steps;
};

struct ChainRows {
  std::shared_ptr<RowStream> rows;
  std::shared_ptr<Outcome> outcome;
};

std::shared_ptr<ChainHandle> chain_of(std::shared_ptr<Runtime> runtime, nb::list steps) {
  auto handle = std::make_shared<ChainHandle>();
  handle->runtime = std::move(runtime);
  for (nb::handle each : steps) {
    const nb::tuple step = nb::cast<nb::tuple>(each);
    StepSpec spec;
    spec.name = nb::cast<std::string>(step[0]);
    const OperatorDef* def = find_operator(spec.name);
    if (!def) {
      raise(not_found("no such operator: ", spec.name)
                .hint(find_fold(spec.name) ? "It is a fold: mp.fold(name)." : "mp.operators() lists them."));
    }
    spec.options = options_from(nb::cast<nb::dict>(step[1]), def->options);
    auto options = Options::resolve(def->options, spec.options);
    if (!options.ok()) raise(std::move(options).status().at(spec.name));
    handle->steps.push_back(std::move(spec));
  }
  return handle;
}

Result<Chain> plan(const ChainHandle& self, const arrow::Schema& input) {
  MP_ASSIGN(const millpond::Schema schema, from_arrow(input));
  return Chain::plan(schema, self.steps);
}

ChainRows run_chain(const ChainHandle& self, nb::object source, int threads) {
  std::unique_ptr<Stream> input = stream_from(source);
  const std::shared_ptr<Context> context = self.runtime->context();
  const Chain chain = value(plan(self, *input->schema()));
  auto outcome = std::make_shared<Outcome>();
  auto stream = value(ChainStream::make(std::move(input), chain, threads > 0 ? threads : context->threads(), outcome));
  return {std::make_shared<RowStream>(std::move(stream), context, self.runtime), outcome};
}

/// The columns that the chain gives for these, and its fingerprint.
nb::dict describe(const ChainHandle& self, const std::vector<std::tuple<std::string, std::string, bool>>& columns) {
  millpond::Schema schema;
  for (const auto& [name, type, required] : columns) schema.push_back({name, value(parse_type(type)), required});
  const Chain chain = value(Chain::plan(schema, self.steps));
  nb::dict described;
  described["output"] = to_python(chain.output());
  described["needs"] = chain.needs();
  described["fingerprint"] = chain.fingerprint();
  return described;
}

/// Rows of equal keys brought together. Shape: one instance over the whole stream, which spills to `spill_dir`.
std::shared_ptr<RowStream> run_fold_over(std::shared_ptr<Runtime> runtime, const std::string& name, nb::dict given,
                                         nb::object source, const std::string& spill_dir) {
  const FoldDef* def = find_fold(name);
  if (!def) raise(not_found("no such fold: ", name).hint("mp.operators(\"fold\") lists them."));
  const Options options = value(Options::resolve(def->options, options_from(given, def->options)));
  std::unique_ptr<Stream> input = stream_from(source);
  std::unique_ptr<Stream> results;
  runtime->run([&](Context& context) -> Status {
    MP_ASSIGN(results, run_fold(std::move(input), *def, options, spill_dir, context));
    return {};
  });
  return std::make_shared<RowStream>(std::move(results), runtime->context(), runtime);
}

/// Rows with the key that brings them together, as a last column `_fold_key`: equal for rows of one group.
class Keyed final : public Stream {
 public:
  Keyed(std::unique_ptr<Stream> input, const FoldDef& def, Options options)
      : input_(std::move(input)), def_(def), options_(std::move(options)) {
    arrow::FieldVector fields = input_->schema()->fields();
    fields.push_back(arrow::field("_fold_key", arrow::binary()));
    schema_ = arrow::schema(std::move(fields));
  }
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    MP_ASSIGN(const std::optional<Batch> batch, input_->next(context));
    if (!batch) return std::optional<Batch>();
    std::vector<RowId> ids;
    if (def_.key_ids) {
      MP_ASSIGN(ids, def_.key_ids(*batch, options_));
    } else {
      MP_ASSIGN(ids, hash_rows(*batch, def_.keys(options_), {}));
    }
    arrow::BinaryBuilder keys;
    for (const RowId& id : ids) MP_TRY(millpond::from_arrow(keys.Append(id.view())));
    MP_ASSIGN(auto column, millpond::from_arrow(keys.Finish()));
    auto columns = (*batch)->columns();
    columns.push_back(std::move(column));
    return std::optional<Batch>(arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(columns)));
  }

 private:
  std::unique_ptr<Stream> input_;
  const FoldDef& def_;
  const Options options_;
  ArrowSchema schema_;
};

std::shared_ptr<RowStream> with_fold_key(std::shared_ptr<Runtime> runtime, const std::string& name, nb::dict given,
                                         nb::object source) {
  const FoldDef* def = find_fold(name);
  if (!def) raise(not_found("no such fold: ", name));
  Options options = value(Options::resolve(def->options, options_from(given, def->options)));
  std::unique_ptr<Stream> input = stream_from(source);
  value(fold_schema(value(millpond::from_arrow(*input->schema())), *def, options));
  auto keyed = std::make_unique<Keyed>(std::move(input), *def, std::move(options));
  return std::make_shared<RowStream>(std::move(keyed), runtime->context(), runtime);
}

std::vector<std::string> fold_keys(const std::string& name, nb::dict given) {
  const FoldDef* def = find_fold(name);
  if (!def) raise(not_found("no such fold: ", name).hint("mp.operators(\"fold\") lists them."));
  return def->keys(value(Options::resolve(def->options, options_from(given, def->options))));
}

}  // namespace

void bind_operators(nb::module_& module) {
  module.def("definitions", definitions, nb::sig("def definitions() -> list[dict[str, typing.Any]]"));
  nb::class_<ChainRows>(module, "ChainRows")
      .def_ro("rows", &ChainRows::rows)
      .def_prop_ro("drops",
                   [](const ChainRows& self) {
                     const std::lock_guard lock(self.outcome->mutex);
                     return self.outcome->drops;
                   })
      .def_prop_ro(
          "rejects",
          [](const ChainRows& self) {
            const std::lock_guard lock(self.outcome->mutex);
            nb::list list;
            for (const Outcome::Reject& reject : self.outcome->rejects) {
              list.append(nb::make_tuple(reject.row, text(reject.step), text(reject.code), text(reject.why)));
            }
            return list;
          },
          nb::sig("def rejects(self) -> list[tuple[int, str, str, str]]"));
  nb::class_<ChainHandle>(module, "Chain")
      .def_static("of", chain_of, nb::arg("runtime"), nb::arg("steps"),
                  nb::sig("def of(runtime: Runtime, steps: list[tuple[str, dict[str, typing.Any]]]) -> Chain"))
      .def("run", run_chain, nb::arg("source"), nb::arg("threads"),
           nb::sig("def run(self, source: object, threads: int) -> ChainRows"))
      .def("describe", describe, nb::arg("columns"),
           nb::sig("def describe(self, columns: list[tuple[str, str, bool]]) -> dict[str, typing.Any]"));
  module.def("fold", run_fold_over, nb::arg("runtime"), nb::arg("name"), nb::arg("options"), nb::arg("source"),
             nb::arg("spill_dir"),
             nb::sig("def fold(runtime: Runtime, name: str, options: dict[str, typing.Any], source: object, spill_dir: "
                     "str) -> RowStream"));
  module.def("with_fold_key", with_fold_key, nb::arg("runtime"), nb::arg("name"), nb::arg("options"), nb::arg("source"),
             nb::sig("def with_fold_key(runtime: Runtime, name: str, options: dict[str, typing.Any], source: object) "
                     "-> RowStream"));
  module.def("fold_keys", fold_keys, nb::arg("name"), nb::arg("options"),
             nb::sig("def fold_keys(name: str, options: dict[str, typing.Any]) -> list[str]"));
}

}  // namespace millpond::python
