// Ponds: making, opening, building.

#include <arrow/record_batch.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "arrow_edge.h"
#include "millpond/flow/build.h"
#include "millpond/flow/lookup.h"
#include "millpond/flow/origin.h"
#include "millpond/flow/query.h"
#include "millpond/flow/step.h"
#include "millpond/pond/branches.h"
#include "millpond/sql/models.h"
#include "options_binding.h"
#include "tables.h"

namespace millpond::python {

nb::dict report_of(const flow::TableReport& report) {
  nb::dict each;
  each["table"] = report.table;
  each["rows_in"] = report.rows_in;
  each["rows_out"] = report.rows_out;
  each["rows_reused"] = report.rows_reused;
  each["rows_dropped"] = report.rows_dropped;
  each["rows_rejected"] = report.rows_rejected;
  each["rows_deleted"] = report.rows_deleted;
  each["drops"] = report.drops;
  each["rebuilt"] = report.rebuilt;
  each["how"] = report.how;
  each["seconds"] = report.seconds;
  each["snapshot"] = report.snapshot;
  return each;
}

namespace {

namespace fs = std::filesystem;

std::shared_ptr<PondHandle> open_pond(const std::string& folder, std::shared_ptr<Runtime> runtime, bool make,
                                      const std::string& branch = {}) {
  auto handle = std::make_shared<PondHandle>();
  handle->runtime = std::move(runtime);
  handle->folder = folder;
  const std::string path = folder + "/.pond";
  handle->pond = value(make ? pond::Pond::init(path) : pond::Pond::open(path));
  if (!branch.empty() && branch != "main") handle->pond = value(pond::open_branch(*handle->pond, branch));
  handle->branch = branch == "main" ? "" : branch;
  return handle;
}

void make_absolute(flow::Flow& flow, const std::string& folder) {
  const auto absolute = [&](std::string& path) {
    if (path == "~" || path.starts_with("~/")) {
      const char* home = std::getenv("HOME");
      path = (home ? home : "") + path.substr(1);
    }
    path = (fs::path(folder) / path).lexically_normal().string();
  };
  for (flow::SourceSpec& source : flow.sources) {
    for (auto& [name, option] : source.options) {
      if (name != source.kind) continue;
      if (auto* text = std::get_if<std::string>(&option)) absolute(*text);
      if (auto* list = std::get_if<std::vector<std::string>>(&option)) {
        for (std::string& each : *list) absolute(each);
      }
    }
  }
}

/// Lets a function of Python run the splits of a table. What it raises is kept, and raised when the build has ended.
class CalledElsewhere {
 public:
  CalledElsewhere(nb::object run, std::int64_t splits) : run_(std::move(run)) {
    elsewhere_.splits = splits;
    elsewhere_.run = [this](const flow::PlannedTable& planned, const flow::TableWork& work) {
      return call(planned, work);
    };
  }
  const flow::Elsewhere* get() const { return run_.is_none() ? nullptr : &elsewhere_; }
  void rethrow() {
    if (raised_) throw nb::python_error(std::move(*raised_));
  }

 private:
  Result<std::vector<std::string>> call(const flow::PlannedTable& planned, const flow::TableWork& work) {
    const nb::gil_scoped_acquire gil;
    try {
      const nb::object outcomes = run_(planned.spec.name, planned.fingerprint, work.folded, work.splits);
      return nb::cast<std::vector<std::string>>(outcomes);
    } catch (nb::python_error& error) {
      const std::string what = error.what();
      raised_ = std::make_unique<nb::python_error>(std::move(error));
      const std::size_t end = what.find_last_not_of('\n') + 1, last = what.rfind('\n', end - 1) + 1;
      return unavailable("the workers failed: ", what.substr(last, end - last));  // the line after the traceback
    }
  }

  nb::object run_;
  flow::Elsewhere elsewhere_;
  std::unique_ptr<nb::python_error> raised_;
};

nb::dict build(PondHandle& self, bool retry_rejects, bool wait, nb::object progress, nb::object elsewhere,
               std::int64_t splits, const std::string& engine) {
  CalledElsewhere called(std::move(elsewhere), splits);
  flow::BuildOptions options;
  options.retry_rejects = retry_rejects;
  options.wait = wait;
  options.elsewhere = called.get();
  const auto run = [&] {
    return self.runtime->run(
        [&](Context& context) -> Result<flow::BuildReport> {
          MP_ASSIGN(const flow::Plan plan, self.plan());
          context.provide(std::make_shared<flow::RunOrigin>(flow::RunOrigin{engine, {}}));
          return flow::build(*self.pond, plan, options, context);
        },
        std::move(progress));
  };
  flow::BuildReport report;
  try {
    report = run();
  } catch (const nb::python_error&) {
    called.rethrow();
    throw;
  }
  nb::list tables;
  for (const flow::TableReport& table : report.tables) tables.append(report_of(table));
  nb::dict made;
  made["run"] = report.run;
  made["seconds"] = report.seconds;
  made["warnings"] = report.warnings;
  made["tables"] = tables;
  return made;
}

/// What the flow makes: for each table its upstream, the steps with their options, the fold.
nb::list plan_of(const PondHandle& self) {
  const flow::Plan plan = value(self.plan());
  nb::list tables;
  for (const flow::PlannedTable& planned : plan.tables) {
    nb::list steps;
    for (const Step& step : planned.chain.steps()) {
      nb::dict each;
      each["step"] = std::string(step.def->name);
      each["version"] = step.def->version;
      each["options"] = to_python(step.options);
      each["fingerprint"] = step.fingerprint;
      steps.append(each);
    }
    nb::dict table;
    table["table"] = planned.spec.name;
    const bool row_wise = planned.query && planned.query->shape().row_wise;
    table["upstream"] = row_wise ? planned.query->shape().tables.at(0) : planned.spec.from;
    table["sql"] = planned.query ? nb::object(nb::str(planned.spec.sql.c_str())) : nb::none();
    table["keep"] = planned.spec.keep;
    table["steps"] = steps;
    table["fold"] = planned.fold ? nb::object(nb::str(std::string(planned.fold->name).c_str())) : nb::none();
    table["schema"] = to_python(planned.schema);
    table["fingerprint"] = planned.fingerprint;
    table["indexed"] = planned.index.has_value();
    tables.append(table);
  }
  return tables;
}

/// Rows whose fixed[16] column begins with these digits, as dicts, from the newest snapshot that has any.
nb::list rows_with_id(PondHandle& self, const std::string& name, const std::string& column, const std::string& prefix,
                      std::optional<std::int64_t> snapshot) {
  std::vector<Batch> batches;
  self.runtime->run([&](Context& context) -> Status {
    MP_ASSIGN(const pond::Table table, self.pond->table(name));
    MP_ASSIGN(const auto parts, flow::rows_with_id(table, column, prefix, snapshot, context));
    MP_ASSIGN(batches, flow::read_all(table, parts, {}, context));
    return {};
  });
  nb::list rows;
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) rows.append(to_python(batch, row));
  }
  return rows;
}

Schema schema_from(const std::vector<std::tuple<std::string, std::string, bool>>& columns) {
  Schema schema;
  for (const auto& [name, type, required] : columns) schema.push_back({name, value(parse_type(type)), required});
  return schema;
}

}  // namespace

Result<flow::Plan> PondHandle::plan() const {
  MP_ASSIGN(flow::Flow flow, flow::load_flow(flow_file()));
  make_absolute(flow, folder);
  // DuckDB is loaded only if a table of the flow is made by a query.
  const auto by_query = [](const flow::TableSpec& table) { return !table.sql.empty(); };
  if (std::none_of(flow.tables.begin(), flow.tables.end(), by_query)) return flow::plan(std::move(flow));
  const auto queries = sql::query_engine(pond);
  return flow::plan(std::move(flow), queries.get());
}

std::string PondHandle::flow_file() const {
  std::string name = branch;
  std::replace(name.begin(), name.end(), '/', '-');
  const std::string own = folder + "/pond." + name + ".yaml";
  std::error_code failed;
  return !branch.empty() && fs::exists(own, failed) ? own : folder + "/pond.yaml";
}

void bind_pond(nb::module_& module) {
  nb::class_<PondHandle>(module, "Pond")
      .def_static(
          "open",
          [](const std::string& folder, std::shared_ptr<Runtime> runtime, const std::string& branch) {
            return open_pond(folder, std::move(runtime), false, branch);
          },
          nb::arg("folder"), nb::arg("runtime"), nb::arg("branch"))
      .def_static(
          "init",
          [](const std::string& folder, std::shared_ptr<Runtime> runtime) {
            return open_pond(folder, std::move(runtime), true);
          },
          nb::arg("folder"), nb::arg("runtime"))
      .def_ro("folder", &PondHandle::folder)
      .def_ro("branch", &PondHandle::branch)
      .def_ro("runtime", &PondHandle::runtime)
      .def_prop_ro("root", [](const PondHandle& self) { return self.pond->root(); })
      .def("tables", [](const PondHandle& self) { return value(self.pond->tables()); })
      .def(
          "has_table",
          [](const PondHandle& self, const std::string& name) { return value(self.pond->has_table(name)); },
          nb::arg("name"))
      .def(
          "table",
          [](const std::shared_ptr<PondHandle>& self, const std::string& name) {
            return TableHandle{value(self->pond->table(name)), self};
          },
          nb::arg("name"))
      .def(
          "create_table",
          [](const std::shared_ptr<PondHandle>& self, const std::string& name,
             const std::vector<std::tuple<std::string, std::string, bool>>& columns,
             const std::map<std::string, std::string>& properties) {
            return TableHandle{value(self->pond->create_table(name, schema_from(columns), properties)), self};
          },
          nb::arg("name"), nb::arg("columns"), nb::arg("properties"))
      .def(
          "drop_table", [](PondHandle& self, const std::string& name) { check(self.pond->drop_table(name)); },
          nb::arg("name"))
      .def(
          "build", build, nb::arg("retry_rejects"), nb::arg("wait"), nb::arg("progress").none(),
          nb::arg("elsewhere").none(), nb::arg("splits"), nb::arg("engine"),
          nb::sig(
              "def build(self, retry_rejects: bool, wait: bool, progress: object | None, "
              "elsewhere: typing.Callable[[str, str, bool, list[str]], list[str]] | None, splits: int, engine: str) -> "
              "dict[str, typing.Any]"))
      .def("plan", plan_of, nb::sig("def plan(self) -> list[dict[str, typing.Any]]"))
      .def("rows_with_id", rows_with_id, nb::arg("table"), nb::arg("column"), nb::arg("prefix"),
           nb::arg("snapshot").none(),
           nb::sig("def rows_with_id(self, table: str, column: str, prefix: str, snapshot: int | None) -> "
                   "list[dict[str, typing.Any]]"));
  module.def("default_flow", [] { return std::string(flow::default_flow_text()); }, "The text of a new pond.yaml.");
  module.def(
      "with_source",
      [](const std::string& yaml, const std::string& path, const std::string& file) {
        return value(flow::with_files_source(yaml, path, file));
      },
      nb::arg("yaml"), nb::arg("path"), nb::arg("file"), "The flow with one more source of files.");
  module.def(
      "source_names",
      [](const std::string& yaml, const std::string& file) {
        std::vector<std::string> names;
        for (const flow::SourceSpec& source : value(flow::parse_flow(yaml, file)).sources) names.push_back(source.name);
        return names;
      },
      nb::arg("yaml"), nb::arg("file"));
}

}  // namespace millpond::python
