// millpond check: is everything there that the pond says it has?

#include "millpond/pond/check.h"

#include <nlohmann/json.hpp>

#include "cli/branches.h"
#include "cli/command.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"
#include "millpond/flow/table_diff.h"
#include "millpond/index/check.h"
#include "millpond/pond/blobs.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const pond::Problem& problem) {
  return {{"kind", pond::kind_name(problem.kind)},
          {"table", problem.table},
          {"path", problem.path},
          {"what", problem.what},
          {"current", problem.current},
          {"damage", problem.damage()},
          {"repaired", problem.repaired},
          {"repair", problem.repair}};
}

void show(const pond::Problem& problem, Shell& shell) {
  shell.line(
      shell.bold((problem.table.empty() ? "" : problem.table + ": ") + std::string(pond::kind_name(problem.kind))) +
      "  " + problem.what);
  if (!problem.path.empty()) shell.line("  " + shell.dim(problem.path));
  if (!problem.current && problem.damage()) shell.line("  only older snapshots, branches or tags need it");
  if (!problem.repair.empty()) shell.line((problem.repaired ? "  repaired: " : "  to do: ") + problem.repair);
}

Status check_segments(const pond::CheckOptions& options, pond::CheckReport& report, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  for (const flow::PlannedTable& planned : plan.tables) {
    if (!planned.index) continue;
    const auto table = pond->table(planned.spec.name);
    if (!table.ok()) continue;  // never built, or among the problems already
    auto found = index::check_segments(*pond, *planned.index, *table, options.repair, shell.context());
    if (!found.ok() && found.status().code() == Code::kCancelled) return found.status();
    if (!found.ok()) continue;  // the table's own damage
    for (pond::Problem& problem : *found) report.problems.push_back(std::move(problem));
  }
  return {};
}

Status run_check(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, open_main(shell, "check"));
  pond::CheckOptions options;
  options.content = !arguments.options.flag("quick");
  options.repair = arguments.options.flag("repair");
  options.orphan_grace = std::chrono::hours(arguments.options.integer("orphan_hours"));
  options.derived = flow::is_derived;
  options.rebuild_summary = flow::rebuild_summary();
  if (options.orphan_grace.count() < 0) return invalid("--orphan-hours cannot be negative");
  if (!arguments.word("table").empty()) options.tables = {arguments.word("table")};
  MP_ASSIGN(auto report, pond::check_pond(*pond, options, shell.context()));
  if (options.tables.empty()) {
    // Which blobs are used can only be told where every table can be read.
    if (report.damages() == 0) {
      const Status checked = pond::check_blobs(*pond, options, report, shell.context());
      if (checked.code() == Code::kUnsupported) {
        shell.note("blobs were not looked at, for a table is for other engines only: " + checked.message());
      } else {
        MP_TRY(checked);
      }
    }
    MP_TRY(check_segments(options, report, shell));
  }

  ordered_json problems = ordered_json::array();
  for (const pond::Problem& problem : report.problems) {
    show(problem, shell);
    problems.push_back(to_json(problem));
  }
  const std::int64_t damages = report.damages();
  shell.line(human_count(report.tables) + " tables, " + human_count(report.snapshots) + " snapshots, " +
             human_count(report.files) + " files, " + human_count(report.rows) + " rows, " +
             human_bytes(report.size_bytes) + ": " +
             (damages > 0               ? human_count(damages) + " damaged."
              : report.problems.empty() ? "sound."
                                        : "no damage left."));
  if (report.build_needed) shell.line("Run `millpond build`: it makes the rows again that were given up.");
  shell.result({{"tables", report.tables},
                {"snapshots", report.snapshots},
                {"files", report.files},
                {"rows", report.rows},
                {"size_bytes", report.size_bytes},
                {"damaged", damages},
                {"build_needed", report.build_needed},
                {"problems", problems}});
  if (damages == 0) return {};
  shell.json = false;  // the document says it already
  return corrupt("the pond is damaged: ", damages, damages == 1 ? " problem" : " problems")
      .hint(options.repair ? "What is left needs a backup, or a rollback."
                           : "`millpond check --repair` repairs what can be.");
}

}  // namespace

const CommandDef kCheck = {
    .name = "check",
    .summary = "Verify the whole pond: catalog, snapshots, every file's size, rows and checksums, segments.",
    .details =
        "Ends with 11 if something is damaged. --repair gives up what can be made again and removes what nothing "
        "names; it never gives up the only copy of rows.",
    .arguments = {{"table", "Only this table.", false, false}},
    .options = {{"repair", false, "Repair what can be repaired."},
                {"quick", false, "Compare sizes and row counts only; do not read every row."},
                {"orphan_hours", 24, "Unnamed files younger than this may belong to a commit under way."}},
    .run = run_check,
};

}  // namespace millpond::cli
