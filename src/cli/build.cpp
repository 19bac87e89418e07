// millpond build: brings the pond up to date.

#include "millpond/flow/build.h"

#include <nlohmann/json.hpp>
#include <set>

#include "cli/command.h"
#include "cli/shell.h"
#include "cli/upkeep.h"

namespace millpond::cli {
namespace {

nlohmann::ordered_json to_json(const flow::BuildReport& report) {
  nlohmann::ordered_json tables = nlohmann::ordered_json::array();
  for (const flow::TableReport& table : report.tables) {
    nlohmann::ordered_json each = {{"table", table.table},
                                   {"rows_in", table.rows_in},
                                   {"rows_out", table.rows_out},
                                   {"rows_reused", table.rows_reused},
                                   {"rows_dropped", table.rows_dropped},
                                   {"rows_rejected", table.rows_rejected},
                                   {"rows_deleted", table.rows_deleted},
                                   {"drops", table.drops},
                                   {"rebuilt", table.rebuilt},
                                   {"how", table.how},
                                   {"seconds", table.seconds}};
    if (table.snapshot) each["snapshot"] = *table.snapshot;
    tables.push_back(std::move(each));
  }
  return {{"run", report.run}, {"seconds", report.seconds}, {"tables", tables}, {"warnings", report.warnings}};
}

/// A filter that drops nothing is right or a mistake; only the user knows.
std::vector<std::string> silent_steps(const flow::BuildReport& report, const flow::Plan& plan) {
  std::vector<std::string> lines;
  for (const flow::TableReport& table : report.tables) {
    const flow::PlannedTable* planned = plan.find(table.table);
    if (!planned || planned->query || table.rows_in == 0) continue;
    if (table.rows_out == 0 && table.rows_dropped == table.rows_in) {
      lines.push_back("warning: " + table.table + " is empty: every row was dropped");
      continue;
    }
    const auto add = [&](std::string_view step) {
      const std::string prefix = std::string(step) + ": ";
      for (const auto& [reason, count] : table.drops) {
        if (reason.starts_with(prefix)) return;
      }
      lines.push_back("dropped in " + table.table + ": nothing at all · " + std::string(step));
    };
    for (const Step& step : planned->chain.steps()) {
      if (step.def->adds.empty() && step.def->rewrites.empty()) add(step.def->name);
    }
    // One that takes repeats out of texts may well keep every row.
    if (planned->fold && !find_field(planned->fold->adds, "repeats")) add(planned->fold->name);
  }
  return lines;
}

void show(const flow::BuildReport& report, const flow::Plan& plan, Shell& shell) {
  std::vector<std::vector<std::string>> rows;
  std::int64_t rejected = 0;
  for (const flow::TableReport& table : report.tables) {
    rejected += table.rows_rejected;
    if (!table.changed()) continue;
    rows.push_back({table.table, human_count(table.rows_in), human_count(table.rows_out),
                    human_count(table.rows_reused), human_count(table.rows_deleted), human_count(table.rows_dropped),
                    human_count(table.rows_rejected), human_seconds(table.seconds)});
  }
  if (rows.empty()) {
    shell.line("Nothing changed (" + human_seconds(report.seconds) + ").");
    return;
  }
  shell.table({"table", "in", "out", "reused", "deleted", "dropped", "rejected", "time"}, rows);
  for (const flow::TableReport& table : report.tables) {
    if (table.changed() && !table.how.empty()) shell.line(table.table + ": " + table.how);
    for (const auto& [reason, count] : table.drops)
      shell.line("dropped in " + table.table + ": " + human_count(count) + " · " + reason);
  }
  for (const std::string& line : silent_steps(report, plan)) shell.line(line);
  if (rejected > 0) shell.line(human_count(rejected) + " could not be processed: millpond rejects");
  shell.line("Built in " + human_seconds(report.seconds) + ".");
}

/// Takes out of the plan what `table` does not need.
Status leave_only(const std::string& table, flow::Plan& plan) {
  if (!plan.find(table)) return not_found("the flow has no table: ", table);
  std::set<std::string> needed{table};
  for (auto planned = plan.tables.rbegin(); planned != plan.tables.rend(); ++planned) {
    if (!needed.count(planned->spec.name)) continue;
    for (const std::string& upstream : planned->upstreams()) needed.insert(upstream);
  }
  std::erase_if(plan.tables, [&](const flow::PlannedTable& planned) { return !needed.count(planned.spec.name); });
  return {};
}

Status run_build(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(flow::Plan plan, shell.load_plan());
  if (const std::string& only = arguments.options.text("only"); !only.empty()) MP_TRY(leave_only(only, plan));
  if (plan.flow.sources.empty()) shell.note("pond.yaml names no sources yet: millpond add PATH");
  flow::BuildOptions options;
  options.retry_rejects = arguments.options.flag("retry_rejects");
  options.wait = !arguments.options.flag("no_wait");
  auto built = flow::build(*pond, plan, options, shell.context());
  if (!built.ok() && built.status().code() == Code::kCancelled) {
    return std::move(built).status().hint("What was finished is kept; `millpond build` goes on from there.");
  }
  MP_TRY(std::move(built).status());
  show(*built, plan, shell);
  nlohmann::ordered_json json = to_json(*built);
  if (!arguments.options.flag("no_compact")) {
    MP_ASSIGN(const auto compacted, compact_where_needed(*pond, plan, *built, shell.context()));
    for (const Compacted& table : compacted) {
      shell.line(table.table + ": " + human_count(table.files_before) + " files compacted into " +
                 human_count(table.files_after));
      json["compacted"].push_back(
          {{"table", table.table}, {"files_before", table.files_before}, {"files_after", table.files_after}});
    }
  }
  for (const std::string& warning : built->warnings) shell.note("warning: " + warning);
  shell.result(json);
  if (!built->warnings.empty()) return unavailable("a source could not be read; its rows were kept");
  return {};
}

}  // namespace

const CommandDef kBuild = {
    .name = "build",
    .summary = "Bring every table up to date with its sources; only what changed is made again.",
    .details = "Interrupt it at any time: what was finished is kept, and the next build goes on from there.",
    .arguments = {},
    .options =
        {
            {"retry_rejects", false, "Try rows again that were rejected, though neither they nor the steps changed."},
            {"only", "", "Build this table and those that it is from, and no others."},
            {"no_compact", false, "Leave many small files, and deleted rows, to `millpond maintain`."},
            {"no_wait", false, "Fail at once if another process is building this pond."},
        },
    .run = run_build,
};

}  // namespace millpond::cli
