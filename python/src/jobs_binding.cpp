// A build in pieces, for engines that run them elsewhere.

#include <arrow/record_batch.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_edge.h"
#include "core/arrow_status.h"
#include "flow/ledger.h"
#include "millpond/flow/scatter.h"
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

/// Is the fold one that runs in passes?
bool can_scatter(const PondHandle& self, const std::string& table) {
  const flow::Plan plan = value(self.plan());
  const flow::PlannedTable* planned = plan.find(table);
  return planned && flow::can_scatter(*planned);
}

std::string text_of(const nb::bytes& bytes) { return {bytes.c_str(), bytes.size()}; }

/// The next pass ("rows", "records", "answer" or "judge"), its plan, and what to tell.
nb::tuple next_pass(PondHandle& self, const std::string& table, const nb::bytes& passed, nb::list given) {
  std::vector<std::string> tallies;
  for (const nb::handle each : given) tallies.push_back(text_of(nb::cast<nb::bytes>(each)));
  const flow::Plan plan = value(self.plan());
  const NextPass next = value(flow::next_pass(plan, table, text_of(passed), tallies));
  const char* names[] = {"rows", "records", "answer", "judge"};
  return nb::make_tuple(names[static_cast<int>(next.pass)], nb::bytes(next.plan.data(), next.plan.size()), next.note);
}

std::shared_ptr<RowStream> note_split(const std::shared_ptr<PondHandle>& self, const std::string& table,
                                      const nb::bytes& passed, nb::object source) {
  auto held = std::make_shared<Held>(Held{self, value(self->plan())});
  auto rows = value(flow::note_split(held->plan, table, text_of(passed), stream_from(source)));
  return std::make_shared<RowStream>(std::move(rows), self->runtime->context(), held);
}

std::shared_ptr<RowStream> work_records(const std::shared_ptr<PondHandle>& self, const std::string& table,
                                        const nb::bytes& passed, nb::object source) {
  auto held = std::make_shared<Held>(Held{self, value(self->plan())});
  std::unique_ptr<Stream> input = stream_from(source);
  const std::string plan = text_of(passed);
  auto rows = self->runtime->run(
      [&](Context& context) { return flow::work_records(held->plan, table, plan, std::move(input), context); });
  return std::make_shared<RowStream>(std::move(rows), self->runtime->context(), held);
}

std::shared_ptr<RowStream> judge_split(const std::shared_ptr<PondHandle>& self, const std::string& table,
                                       const nb::bytes& passed, nb::object source) {
  auto held = std::make_shared<Held>(Held{self, value(self->plan())});
  auto rows = value(flow::judge_split(held->plan, table, text_of(passed), stream_from(source)));
  return std::make_shared<RowStream>(std::move(rows), self->runtime->context(), held);
}

/// The columns of records, as a batch without rows.
Rows record_columns() { return no_rows(record_schema()); }

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
  module.def("can_scatter", can_scatter, nb::arg("pond"), nb::arg("table"));
  module.def(
      "next_pass", next_pass, nb::arg("pond"), nb::arg("table"), nb::arg("plan"), nb::arg("tallies"),
      nb::sig("def next_pass(pond: Pond, table: str, plan: bytes, tallies: list[bytes]) -> tuple[str, bytes, str]"));
  module.def("note_split", note_split, nb::arg("pond"), nb::arg("table"), nb::arg("plan"), nb::arg("source"),
             nb::sig("def note_split(pond: Pond, table: str, plan: bytes, source: object) -> RowStream"));
  module.def("work_records", work_records, nb::arg("pond"), nb::arg("table"), nb::arg("plan"), nb::arg("source"),
             nb::sig("def work_records(pond: Pond, table: str, plan: bytes, source: object) -> RowStream"));
  module.def("judge_split", judge_split, nb::arg("pond"), nb::arg("table"), nb::arg("plan"), nb::arg("source"),
             nb::sig("def judge_split(pond: Pond, table: str, plan: bytes, source: object) -> RowStream"));
  module.def("record_columns", record_columns, nb::sig("def record_columns() -> Batch"));
  module.def("fingerprint", fingerprint, nb::arg("pond"), nb::arg("table"));
}

}  // namespace millpond::python
