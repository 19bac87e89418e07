#pragma once
// Ponds and tables as Python holds them.

#include <memory>
#include <string>

#include "millpond/flow/build.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"
#include "runtime.h"

namespace millpond::python {

/// A pond, the folder that it is in, and what calls on it share.
struct PondHandle {
  std::shared_ptr<pond::Pond> pond;
  std::shared_ptr<Runtime> runtime;
  std::string folder;  ///< absolute; has pond.yaml and .pond/
  std::string branch;  ///< empty: main

  std::string flow_file() const;  ///< the branch's own, if there is one
  /// The flow, relative paths of sources made absolute.
  Result<flow::Plan> plan() const;
};

/// One version of a table.
struct TableHandle {
  pond::Table table;
  std::shared_ptr<PondHandle> pond;
};

nb::dict to_python(const pond::Snapshot& snapshot);
nb::dict report_of(const flow::TableReport& report);

void bind_pond(nb::module_& module);
void bind_table(nb::module_& module);
void bind_search(nb::module_& module);
void bind_nearest(nb::module_& module);
void bind_operators(nb::module_& module);
void bind_models(nb::module_& module);
void bind_sql(nb::module_& module);
void bind_jobs(nb::module_& module);

}  // namespace millpond::python
