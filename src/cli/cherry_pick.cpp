// millpond cherry-pick: one change of another branch.

#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"
#include "millpond/flow/table_diff.h"
#include "millpond/pond/branches.h"

namespace millpond::cli {
namespace {

std::string counted(std::int64_t count, const char* what) {
  return human_count(count) + " " + what + (count == 1 ? "" : "s");
}

Status run_cherry_pick(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, shell.open_pond());
  const std::string& word = arguments.word("snapshot");
  std::int64_t snapshot = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), snapshot);
  if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) {
    return invalid("not a snapshot's id: ", word).hint("`millpond log` lists them.");
  }
  pond::MergeOptions options;
  options.derived = flow::is_derived;
  options.dry_run = arguments.options.flag("dry_run");
  MP_ASSIGN(const pond::TableMerge done,
            pond::cherry_pick(*pond, arguments.options.text("table"), snapshot, options, shell.context()));
  std::string what;
  const auto also = [&](std::int64_t count, const char* each, const char* did) {
    if (count > 0) what += (what.empty() ? "" : ", ") + counted(count, each) + did;
  };
  also(done.files_added, "file", " added");
  also(done.files_removed, "file", " removed");
  also(done.rows_deleted, "row", " deleted");
  shell.line(done.table + ": " + (what.empty() ? "no row changed" : what));
  if (options.dry_run) shell.line("Nothing was changed: --dry-run.");
  shell.result({{"table", done.table},
                {"snapshot", snapshot},
                {"files_added", done.files_added},
                {"files_removed", done.files_removed},
                {"rows_deleted", done.rows_deleted}});
  return {};
}

}  // namespace

const CommandDef kCherryPick = {
    .name = "cherry-pick",
    .summary = "Take over what one snapshot of another branch did.",
    .details = "On main, or with --branch on a branch. Of stored tables only: a build makes the others.",
    .arguments = {{"snapshot", "Its id."}},
    .options = {{"table", "", "The table; otherwise the one that has the snapshot."},
                {"dry_run", false, "Only say what would be done."}},
    .run = run_cherry_pick,
};

}  // namespace millpond::cli
