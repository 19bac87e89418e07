// A build in pieces, for engines that run them elsewhere.

#include <arrow/record_batch.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_edge.h"
#include "core/arrow_status.h"
#include "flow/ledger.h"
#include "millpond/flow/step.h"
#include "tables.h"

namespace millpond::python {
namespace {

nb::dict plan_work(PondHandle& self, const std::string& table, bool retry_rejects, std::int64_t splits) {
  flow::BuildOptions options;
  options.retry_rejects = retry_rejects;
  const flow::TableWork work = self.runtime->run([&](Context& context) -> Result<flow::TableWork> {
    MP_ASSIGN(const flow::Plan plan, self.plan());
    return flow::plan_work(*self.pond, plan, table, options, splits, context);
  });
  nb::dict made;
  made["table"] = work.table;
  made["base"] = work.base;
  made["splits"] = work.splits;
  made["folded"] = work.folded;
  made["nothing"] = work.nothing;
  return made;
}

std::string run_split(PondHandle& self, const std::string& table, const std::string& split) {
  return self.runtime->run([&](Context& context) -> Result<std::string> {
    MP_ASSIGN(const flow::Plan plan, self.plan());
    return flow::run_split(*self.pond, plan, table, split, context);
  });
}

/// What a stream of a plan reads from.
struct Held {
  std::shared_ptr<PondHandle> pond;
  flow::Plan plan;
};

std::shared_ptr<RowStream> split_rows(const std::shared_ptr<PondHandle>& self, const std::string& table,
                                      const std::string& split) {
  auto held = std::make_shared<Held>(Held{self, value(self->plan())});
  auto rows = self->runtime->run(
      [&](Context& context) { return flow::split_rows(self->pond, held->plan, table, split, context); });
  return std::make_shared<RowStream>(std::move(rows), self->runtime->context(), held);
}

std::shared_ptr<RowStream> fold_split(const std::shared_ptr<PondHandle>& self, const std::string& table,
                                      nb::object source) {
  auto held = std::make_shared<Held>(Held{self, value(self->plan())});
  std::unique_ptr<Stream> input = stream_from(source);
  auto rows = self->runtime->run(
      [&](Context& context) { return flow::fold_split(held->plan, table, std::move(input), context); });
  return std::make_shared<RowStream>(std::move(rows), self->runtime->context(), held);
}

std::string write_folded(PondHandle& self, const std::string& table, nb::object source) {
  const std::unique_ptr<Stream> rows = stream_from(source);
  return self.runtime->run([&](Context& context) -> Result<std::string> {
    MP_ASSIGN(const flow::Plan plan, self.plan());
    return flow::write_folded(*self.pond, plan, table, *rows, context);
  });
}

flow::TableReport commit_work(PondHandle& self, nb::dict given, const std::vector<std::string>& outcomes,
                              const std::string& run) {
  flow::TableWork work;
  work.table = nb::cast<std::string>(given["table"]);
  work.base = nb::cast<std::string>(given["base"]);
  work.folded = nb::cast<bool>(given["folded"]);
  work.nothing = nb::cast<bool>(given["nothing"]);
  return self.runtime->run([&](Context& context) -> Result<flow::TableReport> {
    MP_ASSIGN(const flow::Plan plan, self.plan());
    return flow::commit_work(*self.pond, plan, work, outcomes, run, context);
  });
}

Rows no_rows(const ArrowSchema& schema) { return {value(from_arrow(arrow::RecordBatch::MakeEmpty(schema)))}; }

/// The columns of the shuffle's two stages, as batches without rows.
nb::tuple shuffle_columns(const PondHandle& self, const std::string& table) {
  const flow::Plan plan = value(self.plan());
  const flow::PlannedTable* planned = plan.find(table);
  if (!planned || !planned->fold) raise(not_found("the flow has no table with a fold of this name: ", table));
  return nb::make_tuple(no_rows(flow::split_rows_schema(*planned)), no_rows(flow::fold_split_schema(*planned)));
}

std::string fingerprint(const PondHandle& self, const std::string& table) {
  const flow::Plan plan = value(self.plan());
  const flow::PlannedTable* planned = plan.find(table);
  if (!planned) raise(not_found("the flow has no table: ", table));
  return planned->fingerprint;
}

}  // namespace

void bind_jobs(nb::module_& module) {
  module.def(
      "plan_work", plan_work, nb::arg("pond"), nb::arg("table"), nb::arg("retry_rejects"), nb::arg("splits"),
      nb::sig("def plan_work(pond: Pond, table: str, retry_rejects: bool, splits: int) -> dict[str, typing.Any]"));
  module.def("run_split", run_split, nb::arg("pond"), nb::arg("table"), nb::arg("split"));
  module.def("split_rows", split_rows, nb::arg("pond"), nb::arg("table"), nb::arg("split"));
  module.def("fold_split", fold_split, nb::arg("pond"), nb::arg("table"), nb::arg("source"),
             nb::sig("def fold_split(pond: Pond, table: str, source: object) -> RowStream"));
  module.def("write_folded", write_folded, nb::arg("pond"), nb::arg("table"), nb::arg("source"),
             nb::sig("def write_folded(pond: Pond, table: str, source: object) -> str"));
  module.def(
      "commit_work",
      [](PondHandle& self, nb::dict work, const std::vector<std::string>& outcomes, const std::string& run) {
        return report_of(commit_work(self, work, outcomes, run));
      },
      nb::arg("pond"), nb::arg("work"), nb::arg("outcomes"), nb::arg("run"),
      nb::sig("def commit_work(pond: Pond, work: dict[str, typing.Any], outcomes: list[str], run: str) -> dict[str, "
              "typing.Any]"));
  module.def("shuffle_columns", shuffle_columns, nb::arg("pond"), nb::arg("table"),
             nb::sig("def shuffle_columns(pond: Pond, table: str) -> tuple[Batch, Batch]"));
  module.def("fingerprint", fingerprint, nb::arg("pond"), nb::arg("table"));
  module.def("new_run", [] { return flow::new_run_name(); });
}

}  // namespace millpond::python
