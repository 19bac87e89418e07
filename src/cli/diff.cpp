// millpond diff: what differs between two states of the pond.

#include <nlohmann/json.hpp>

#include "cli/arrow_json.h"
#include "cli/branches.h"
#include "cli/command.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"
#include "millpond/flow/table_diff.h"

namespace millpond::cli {
namespace {

using nlohmann::ordered_json;

ordered_json row_json(const Batch& row) { return row ? to_json(row, 0) : ordered_json(); }

ordered_json to_json(const flow::TableDiff& diff) {
  ordered_json examples = ordered_json::array();
  for (const flow::RowChange& change : diff.examples) {
    const char* kind = !change.before ? "added" : !change.after ? "removed" : "changed";
    ordered_json example = {{"change", kind}};
    if (change.before) example["before"] = row_json(change.before);
    if (change.after) example["after"] = row_json(change.after);
    examples.push_back(std::move(example));
  }
  ordered_json json = {{"table", diff.table},
                       {"rows_added", diff.rows_added},
                       {"rows_removed", diff.rows_removed},
                       {"rows_changed", diff.rows_changed},
                       {"columns_added", diff.columns_added},
                       {"columns_removed", diff.columns_removed},
                       {"examples", examples}};
  if (diff.from) json["from"] = *diff.from;
  if (diff.to) json["to"] = *diff.to;
  return json;
}

Status run_diff(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, open_main(shell, "diff"));
  flow::DiffOptions options;
  options.tables = arguments.options.list("table");
  options.examples_max = shell.json ? arguments.options.integer("examples") : 0;
  if (options.examples_max < 0) return invalid("--examples cannot be negative: ", options.examples_max);
  const std::string to = arguments.word("to").empty() ? "main" : arguments.word("to");
  MP_ASSIGN(const auto diffs, flow::diff(*pond, arguments.word("from"), to, options, shell.context()));
  std::vector<std::vector<std::string>> rows;
  ordered_json list = ordered_json::array();
  for (const flow::TableDiff& diff : diffs) {
    list.push_back(to_json(diff));
    if (diff.same()) continue;
    std::string columns;
    for (const std::string& name : diff.columns_added) columns += "+" + name + " ";
    for (const std::string& name : diff.columns_removed) columns += "-" + name + " ";
    rows.push_back({diff.table, human_count(diff.rows_added), human_count(diff.rows_removed),
                    human_count(diff.rows_changed), columns});
  }
  if (rows.empty()) shell.line("No difference.");
  if (!rows.empty()) shell.table({"table", "added", "removed", "changed", "columns"}, rows);
  shell.result({{"from", arguments.word("from")}, {"to", to}, {"tables", list}});
  return {};
}

}  // namespace

const CommandDef kDiff = {
    .name = "diff",
    .summary = "Compare two states of the pond: rows added, removed and changed in each table.",
    .details = "A state is a branch, main, a tag, a time, or a snapshot's id. With --json also examples.",
    .arguments = {{"from", "The state before.", true, false},
                  {"to", "The state after; main if not given.", false, false}},
    .options = {{"table", std::vector<std::string>{}, "Only this table; may be repeated."},
                {"examples", 3, "With --json: so many rows of each kind and table."}},
    .run = run_diff,
};

}  // namespace millpond::cli
