// millpond curate: what the rules of a table would drop, before a build does; the recipes by name.

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/curation_commands.h"
#include "cli/shell.h"
#include "cli/step_counts.h"
#include "flow/preset.h"
#include "millpond/flow/trial.h"
#include "millpond/registry.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string share(std::int64_t part, std::int64_t all) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%",
                all > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(all) : 0);
  return text;
}

std::string rule_name(const flow::TrialRule& rule) { return rule.step + ": " + rule.rule; }

std::string limit_of(const flow::TrialRule& rule) {
  if (!rule.threshold) return {};
  return rule.column + (rule.at_least ? " < " : " > ") + number(*rule.threshold);
}

ordered_json to_json(const flow::TrialReport& report) {
  ordered_json rules = ordered_json::array(), overlaps = ordered_json::array();
  for (const flow::TrialRule& rule : report.rules) {
    ordered_json examples = ordered_json::array();
    for (const flow::TrialExample& example : rule.examples) {
      ordered_json each = {{"row", example.row}, {"text", example.text}};
      if (example.value) each["value"] = *example.value;
      examples.push_back(std::move(each));
    }
    ordered_json each = {{"table", rule.table}, {"step", rule.step}, {"rule", rule.rule}};
    if (rule.threshold) {
      each["column"] = rule.column;
      each[rule.at_least ? "at_least" : "at_most"] = *rule.threshold;
    }
    each["breaks"] = rule.breaks, each["drops"] = rule.drops, each["only"] = rule.only;
    each["examples"] = std::move(examples);
    rules.push_back(std::move(each));
  }
  for (const auto& [pair, rows] : report.overlaps) {
    overlaps.push_back(
        {{"rules", {rule_name(report.rules[pair.first]), rule_name(report.rules[pair.second])}}, {"rows", rows}});
  }
  ordered_json json = {{"table", report.table},
                       {"from", report.from},
                       {"rows_in", report.rows_in},
                       {"rows_kept", report.rows_kept},
                       {"rows_rejected", report.rows_rejected}};
  if (!report.fold.empty()) json["fold"] = {{"name", report.fold}, {"rows_joined", report.rows_joined}};
  if (!report.counts.empty()) json["counts"] = counts_json(report.counts);
  json["rules"] = std::move(rules), json["overlaps"] = std::move(overlaps), json["silent"] = report.silent;
  return json;
}

void show_overlaps(const flow::TrialReport& report, Shell& shell) {
  std::vector<std::pair<std::int64_t, std::pair<std::size_t, std::size_t>>> most;
  for (const auto& [pair, rows] : report.overlaps) most.emplace_back(-rows, pair);
  std::sort(most.begin(), most.end());
  constexpr std::size_t kShown = 8;
  if (most.size() > kShown) most.resize(kShown);
  if (most.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [count, pair] : most) {
    rows.push_back({rule_name(report.rules[pair.first]), rule_name(report.rules[pair.second]), human_count(-count)});
  }
  shell.line();
  shell.table({"broken together", "and", "rows"}, rows);
}

std::string of_fold(const flow::TrialReport& report) {
  const FoldDef* fold = find_fold(report.fold);
  const bool joins = !fold || !fold->survey || find_field(fold->adds, "cluster");
  const std::int64_t gone = report.rows_joined;
  if (gone < 0) return report.fold + ": " + human_count(-gone) + " rows more, since some are taken again";
  return report.fold + ": " + human_count(gone) + " of the rows left are " +
         (joins                               ? "joined with another"
          : find_field(fold->adds, "repeats") ? "repeats as a whole"
                                              : "not taken") +
         " (" + share(gone, gone + report.rows_kept) + ")";
}

void show(const flow::TrialReport& report, Shell& shell) {
  shell.line(report.table + " would keep " + human_count(report.rows_kept) + " of " + human_count(report.rows_in) +
             " rows of " + report.from + " (" + share(report.rows_kept, report.rows_in) + ").");
  std::vector<std::vector<std::string>> rows;
  for (const flow::TrialRule& rule : report.rules) {
    rows.push_back({rule_name(rule), limit_of(rule), human_count(rule.breaks), share(rule.breaks, report.rows_in),
                    human_count(rule.drops), human_count(rule.only)});
  }
  shell.table({"rule", "drops where", "breaks it", "share", "dropped by it", "by it alone"}, rows);
  if (!report.fold.empty()) { shell.line(of_fold(report)); }
  if (report.rows_rejected > 0) shell.line("rejected by a step: " + human_count(report.rows_rejected));
  show_step_counts(report.counts, shell);
  show_overlaps(report, shell);
  bool titled = false;
  for (const flow::TrialRule& rule : report.rules) {
    for (const flow::TrialExample& example : rule.examples) {
      if (!titled) shell.line("\nexamples");
      titled = true;
      shell.line("  " + rule_name(rule) + (example.value ? " (" + number(*example.value) + ")" : "") + " · " +
                 example.row + " · " + shell.dim(example.text));
    }
  }
  for (const std::string& step : report.silent) {
    shell.note("warning: drops nothing at all: " + step + ". Is that meant?");
  }
  if (report.rows_in > 0 && report.rows_kept == 0) shell.note("warning: nothing would be left in " + report.table);
}

Status show_recipes(Shell& shell) {
  ordered_json list = ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const flow::Preset& preset : flow::presets()) {
    ordered_json steps = ordered_json::array();
    std::string names;
    const auto add = [&](const StepSpec& step) {
      if (step.name.empty()) return;
      steps.push_back(step.name);
      names += (names.empty() ? "" : ", ") + step.name;
    };
    for (const StepSpec& step : preset.steps) add(step);
    add(preset.fold);
    rows.push_back({std::string(preset.name), names});
    list.push_back({{"name", preset.name}, {"summary", preset.summary}, {"steps", steps}});
  }
  shell.table({"recipe", "steps"}, rows);
  shell.line("In pond.yaml: `curate: NAME` in a table; `millpond curate TABLE --dry-run` shows what it would drop.");
  shell.result({{"recipes", list}});
  return {};
}

Status run_curate(const Arguments& arguments, Shell& shell) {
  const std::string& table = arguments.word("table");
  if (!arguments.options.flag("dry_run")) {
    if (!table.empty()) {
      return invalid("`curate` only shows what would be dropped: ", table)
          .hint("Say --dry-run; `millpond build` does it.");
    }
    return show_recipes(shell);
  }
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const flow::Plan plan, shell.load_plan());
  flow::TrialOptions options;
  options.rows_max = arguments.options.integer("rows");
  options.examples = static_cast<int>(std::clamp<std::int64_t>(arguments.options.integer("examples"), 0, 100));
  std::string last = table;
  if (last.empty()) {  // the last table that steps make
    for (const flow::PlannedTable& planned : plan.tables) {
      if (!planned.query) last = planned.spec.name;
    }
  }
  if (last.empty()) return not_found("the flow has no tables: pond.yaml");
  MP_ASSIGN(const flow::TrialReport report, flow::try_table(*pond, plan, last, options, shell.context()));
  show(report, shell);
  shell.result(to_json(report));
  return {};
}

}  // namespace

const CommandDef kCurate = {
    .name = "curate",
    .summary = "Show what the rules of a table would drop, and why; without --dry-run, the recipes by name.",
    .details =
        "Each rule judges every row, also those that another rule drops, so that the counts say what a changed "
        "threshold would do. Nothing is written.",
    .arguments = {{"table", "A table of pond.yaml; the last one if none is named.", false}},
    .options =
        {
            {"dry_run", false, "Run the steps, write nothing."},
            {"rows", 0, "Look at so many rows only; 0: at all."},
            {"examples", 2, "Rows shown for each rule."},
        },
    .run = run_curate,
};

}  // namespace millpond::cli
