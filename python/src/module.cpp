#include "arrow_edge.h"
#include "tables.h"

NB_MODULE(_millpond, module) {
  using namespace millpond::python;
  module.doc() = "The engine behind the package millpond; use that.";
  nb::set_leak_warnings(false);  // objects alive at exit are Python's to free or not
  bind_runtime(module);
  bind_arrow(module);
  bind_pond(module);
  bind_table(module);
  bind_search(module);
  bind_nearest(module);
  bind_operators(module);
  bind_models(module);
  bind_sql(module);
  bind_jobs(module);
}
