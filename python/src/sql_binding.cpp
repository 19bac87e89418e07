// SQL over the pond's snapshots.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "arrow_edge.h"
#include "millpond/sql/session.h"
#include "tables.h"

namespace millpond::python {
namespace {

/// What the rows of a statement are read from.
struct Held {
  std::shared_ptr<PondHandle> pond;
  std::unique_ptr<sql::Session> session;
};

nb::tuple run_sql(const std::shared_ptr<PondHandle>& self, const std::string& statement, const std::string& at,
                  bool write) {
  auto held = std::make_shared<Held>(Held{self, nullptr});
  sql::Outcome outcome = self->runtime->run([&](Context& context) -> Result<sql::Outcome> {
    MP_ASSIGN(held->session, sql::Session::open(self->pond, {.at = at, .write = write}, context));
    return held->session->run(statement, context);
  });
  nb::object rows = nb::none();
  if (outcome.rows) {
    rows = nb::cast(std::make_shared<RowStream>(std::move(outcome.rows), self->runtime->context(), std::move(held)));
  }
  return nb::make_tuple(rows, outcome.done);
}

}  // namespace

void bind_sql(nb::module_& module) {
  module.def("sql", run_sql, nb::arg("pond"), nb::arg("statement"), nb::arg("at"), nb::arg("write"),
             nb::sig("def sql(pond: Pond, statement: str, at: str, write: bool) -> tuple[RowStream | None, str]"));
}

}  // namespace millpond::python
