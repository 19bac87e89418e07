// millpond relocate: makes a copied or moved pond whole.

#include "millpond/pond/relocate.h"

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"

namespace millpond::cli {
namespace {

Status run_relocate(const Arguments&, Shell& shell) {
  MP_ASSIGN(const PondFolder where, shell.folder());
  MP_ASSIGN(const auto report, pond::relocate(where.pond_path(), shell.context()));
  if (report.from == report.to)
    shell.line("The pond is where it was made.");
  else
    shell.line("The pond of " + report.from + " is whole at " + report.to + ": " +
               human_count(static_cast<std::int64_t>(report.moved.size())) + " tables and views, " +
               human_count(report.files_written) + " files written.");
  shell.result(
      {{"from", report.from}, {"to", report.to}, {"moved", report.moved}, {"files_written", report.files_written}});
  return {};
}

}  // namespace

const CommandDef kRelocate = {
    .name = "relocate",
    .summary = "Make a pond that was copied or moved whole at its new place, for other engines.",
    .details =
        "millpond itself reads and writes a moved pond as it is; PyIceberg, Spark and DuckDB look for its files "
        "where it was made. Let nothing else write meanwhile. May be interrupted and run again.",
    .arguments = {},
    .options = {},
    .run = run_relocate,
};

}  // namespace millpond::cli
