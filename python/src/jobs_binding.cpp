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
  module.def("run_split", run_split, nb::arg("pond"), nb::arg("table"), nb::arg("split"));
  module.def("split_rows", split_rows, nb::arg("pond"), nb::arg("table"), nb::arg("split"));
  module.def("fold_split", fold_split, nb::arg("pond"), nb::arg("table"), nb::arg("source"),
             nb::sig("def fold_split(pond: Pond, table: str, source: object) -> RowStream"));
  module.def("write_folded", write_folded, nb::arg("pond"), nb::arg("table"), nb::arg("source"),
             nb::sig("def write_folded(pond: Pond, table: str, source: object) -> str"));
  module.def("shuffle_columns", shuffle_columns, nb::arg("pond"), nb::arg("table"),
             nb::sig("def shuffle_columns(pond: Pond, table: str) -> tuple[Batch, Batch]"));
  module.def("fingerprint", fingerprint, nb::arg("pond"), nb::arg("table"));
}

}  // namespace millpond::python
