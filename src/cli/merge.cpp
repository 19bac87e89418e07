// millpond merge, rollback: what main is.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/branches.h"
#include "cli/command.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"
#include "millpond/flow/table_diff.h"
#include "millpond/pond/branches.h"

namespace millpond::cli {

using nlohmann::ordered_json;
using How = pond::TableMerge::How;

namespace {

std::string_view how_name(How how) {
  switch (how) {
    case How::kFastForward: return "moved";
    case How::kReplay: return "replayed";
    case How::kConflict: return "conflict";
    default: return "unchanged";
  }
}

ordered_json to_json(const std::vector<pond::TableMerge>& report) {
  ordered_json list = ordered_json::array();
  for (const pond::TableMerge& one : report) {
    ordered_json json = {{"table", one.table}, {"how", how_name(one.how)}};
    if (!one.why.empty()) json["why"] = one.why;
    if (one.how == How::kReplay) {
      json["files_added"] = one.files_added;
      json["files_removed"] = one.files_removed;
      json["rows_deleted"] = one.rows_deleted;
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

Result<pond::MergeOptions> merge_options(const Arguments& arguments) {
  pond::MergeOptions options;
  options.derived = flow::is_derived;
  for (const std::string& table : arguments.options.list("take_branch")) options.take_branch.insert(table);
  for (const std::string& table : arguments.options.list("take_main")) {
    if (options.take_branch.contains(table)) return invalid("both --take-branch and --take-main name table: ", table);
    options.take_main.insert(table);
  }
  return options;
}

void show_merge(const std::vector<pond::TableMerge>& report, const std::string& done, Shell& shell) {
  std::vector<std::vector<std::string>> rows;
  for (const pond::TableMerge& one : report) {
    if (one.how == How::kNothing) continue;
    rows.push_back({one.table, std::string(how_name(one.how))});
  }
  if (rows.empty())
    shell.line("Nothing to do.");
  else
    shell.table({"table", "how"}, rows);
  if (!rows.empty()) shell.line(done);
  shell.result({{"tables", to_json(report)}});
}

namespace {

Status run_merge(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, open_main(shell, "merge"));
  const std::string& name = arguments.word("branch");
  MP_ASSIGN(auto options, merge_options(arguments));
  options.dry_run = arguments.options.flag("dry_run");
  std::vector<pond::TableMerge> report;
  MP_TRY(pond::merge_branch(*pond, name, options, report, shell.context()));
  if (arguments.options.flag("drop") && !options.dry_run) { MP_TRY(pond::drop_pond_ref(*pond, name, shell.context())); }
  show_merge(report, options.dry_run ? "Nothing was changed: --dry-run." : "Merged " + name + " into main.", shell);
  MP_ASSIGN(const PondFolder folder, shell.folder());
  if (!options.dry_run && std::filesystem::exists(branch_flow_file(folder, name))) {
    shell.line(
        "The branch has a flow of its own. Without it the next build makes main's tables by pond.yaml again:\n  mv " +
        branch_flow_name(name) + " pond.yaml");
  }
  return {};
}

Status run_rollback(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  MP_ASSIGN(const auto report,
            pond::rollback_pond(*pond, arguments.word("to"), arguments.options.list("table"), shell.context()));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [table, snapshot] : report.moved) rows.push_back({table, std::to_string(snapshot)});
  if (rows.empty()) shell.line("Every table is there already.");
  if (!rows.empty()) shell.table({"table", "now at snapshot"}, rows);
  for (const std::string& table : report.unknown) shell.note("Left as it is, for it had nothing then: table " + table);
  shell.result({{"moved", report.moved}, {"untouched", report.untouched}, {"left", report.unknown}});
  return {};
}

}  // namespace

const CommandDef kMerge = {
    .name = "merge",
    .summary = "Publish all tables of a branch on main, in one commit.",
    .details =
        "Where main went on, too: changes to stored tables are applied to it. A derived table that both built "
        "is refused; `millpond branch NAME --update` and a build of the branch come first.",
    .arguments = {{"branch", "The branch.", true, false}},
    .options = {{"dry_run", false, "Only say what would be done."},
                {"drop", false, "Forget the branch afterwards."},
                {"take_branch", std::vector<std::string>{},
                 "Take the branch's version of this table, whatever main did."},
                {"take_main", std::vector<std::string>{}, "Keep main's version of this table."}},
    .run = run_merge,
};

const CommandDef kRollback = {
    .name = "rollback",
    .summary = "Make all tables what they were at a tag or a time, in one commit.",
    .details = "What came after stays in the history: roll forward again with a snapshot's id or a tag.",
    .arguments = {{"to", "A tag, a time such as 2026-01-31T12:00:00Z, a branch, or with --table a snapshot's id.", true,
                   false}},
    .options = {{"table", std::vector<std::string>{}, "Only this table; may be repeated."}},
    .run = run_rollback,
};

}  // namespace millpond::cli
