// millpond branch, tag: names for states of the whole pond.

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/branches.h"
#include "cli/command.h"
#include "cli/pond_commands.h"
#include "cli/shell.h"
#include "millpond/pond/branches.h"

namespace millpond::cli {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string branch_name() {
  const char* value = std::getenv(kBranchVariable);
  const std::string name = value != nullptr ? value : "";
  return name == "main" ? "" : name;
}

std::string branch_flow_name(std::string_view branch) {
  std::string name = "pond." + std::string(branch) + ".yaml";
  for (char& c : name) c = c == '/' ? '-' : c;
  return name;
}

std::string branch_flow_file(const PondFolder& where, std::string_view branch) {
  return fs::path(where.flow_file()).replace_filename(branch_flow_name(branch)).string();
}

std::string flow_file(const PondFolder& where) {
  const char* given = std::getenv(kFlowVariable);
  if (given != nullptr && *given != '\0') return given;
  const std::string branch = branch_name();
  const std::string own = branch_flow_file(where, branch);
  std::error_code error;
  return !branch.empty() && fs::exists(own, error) ? own : where.flow_file();
}

Result<std::shared_ptr<pond::Pond>> open_main(const Shell& shell, std::string_view command) {
  if (!branch_name().empty()) { return invalid("this command names branches itself and takes no --branch: ", command); }
  return shell.open_pond();
}

namespace {

ordered_json to_json(const pond::PondRef& ref) {
  ordered_json json = {{"name", ref.name}, {"kind", ref.is_tag ? "tag" : "branch"}, {"tables", ref.tables}};
  if (!ref.is_tag) json["changed"] = ref.changed;
  return json;
}

Status list_refs(const pond::Pond& pond, bool tags, Shell& shell) {
  MP_ASSIGN(const auto refs, pond::pond_refs(pond));
  std::vector<std::vector<std::string>> rows;
  ordered_json list = ordered_json::array();
  for (const pond::PondRef& ref : refs) {
    if (ref.is_tag != tags) continue;
    std::string changed;
    for (const std::string& table : ref.changed) changed += (changed.empty() ? "" : ", ") + table;
    rows.push_back({ref.name, human_count(static_cast<std::int64_t>(ref.tables.size()))});
    if (!tags) rows.back().push_back(changed.empty() ? "nothing" : changed);
    list.push_back(to_json(ref));
  }
  if (rows.empty()) shell.line(tags ? "No tags yet: millpond tag NAME." : "No branches yet: millpond branch NAME.");
  if (!rows.empty() && tags) shell.table({"tag", "tables"}, rows);
  if (!rows.empty() && !tags) shell.table({"branch", "tables", "changed"}, rows);
  shell.result({{tags ? "tags" : "branches", list}});
  return {};
}

Status create(const pond::Pond& pond, const Arguments& arguments, bool tag, Shell& shell) {
  const std::string& name = arguments.word("name");
  pond::RefRetention retention;
  constexpr std::int64_t kDayMs = 86'400'000;
  const auto days = [&](const char* option, std::optional<std::int64_t>& ms) -> Status {
    const std::int64_t value = arguments.options.integer(option);
    if (value < 0) return invalid("a number of days cannot be negative: ", value);
    if (value > 0) ms = value * kDayMs;
    return {};
  };
  MP_TRY(days("drop_after_days", retention.max_ref_age_ms));
  if (!tag) {
    MP_TRY(days("keep_days", retention.max_snapshot_age_ms));
    if (arguments.options.integer("keep_snapshots") > 0)
      retention.min_snapshots = arguments.options.integer("keep_snapshots");
  }
  MP_ASSIGN(const auto made,
            pond::create_pond_ref(pond, name, tag, arguments.options.text("at"), shell.context(), retention));
  shell.line((tag ? "Tagged " : "Made a branch of ") + human_count(static_cast<std::int64_t>(made.tables.size())) +
             " tables: " + name);
  if (!tag) {
    shell.line(shell.dim("millpond build --branch " + name + "  ·  a flow of its own: " + branch_flow_name(name)));
  }
  shell.result(to_json(made));
  return {};
}

Status drop(const pond::Pond& pond, const std::string& name, bool tag, Shell& shell) {
  MP_ASSIGN(const auto refs, pond::pond_refs(pond));
  for (const pond::PondRef& ref : refs) {
    if (ref.name != name || ref.is_tag == tag) continue;
    return invalid(tag ? "this is a branch, not a tag: " : "this is a tag, not a branch: ", name);
  }
  MP_TRY(pond::drop_pond_ref(pond, name, shell.context()));
  shell.line("Dropped " + name + ". Its rows go with `millpond maintain`.");
  shell.result({{"dropped", name}});
  return {};
}

Status run_branch(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, open_main(shell, "branch"));
  const std::string& name = arguments.word("name");
  const bool update = arguments.options.flag("update"), drops = arguments.options.flag("drop");
  if (name.empty() && (update || drops)) return invalid("--update and --drop need the name of a branch");
  if (update && drops) return invalid("--update and --drop exclude each other");
  if (name.empty()) return list_refs(*pond, false, shell);
  if (drops) return drop(*pond, name, false, shell);
  if (!update) return create(*pond, arguments, false, shell);
  MP_ASSIGN(const auto options, merge_options(arguments));
  std::vector<pond::TableMerge> report;
  MP_TRY(pond::update_branch(*pond, name, options, report, shell.context()));
  show_merge(report, "Branch " + name + " has taken up what main did.", shell);
  return {};
}

Status run_tag(const Arguments& arguments, Shell& shell) {
  MP_ASSIGN(const auto pond, open_main(shell, "tag"));
  const std::string& name = arguments.word("name");
  if (name.empty() && arguments.options.flag("drop")) return invalid("--drop needs the name of a tag");
  if (name.empty()) return list_refs(*pond, true, shell);
  if (arguments.options.flag("drop")) return drop(*pond, name, true, shell);
  return create(*pond, arguments, true, shell);
}

}  // namespace

const CommandDef kBranch = {
    .name = "branch",
    .summary = "List branches, or make one: a line of commits of all tables beside main.",
    .details =
        "Then `--branch NAME` with build, search, ask, sql, show and the others works on it; `millpond diff` "
        "compares, `millpond merge` publishes.",
    .arguments = {{"name", "The branch.", false, false}},
    .options = {{"at", "", "Begin at a time, a tag or another branch, rather than at what is there now."},
                {"update", false, "Take up what main did since: then build the branch, and merge."},
                {"drop", false, "Forget the branch."},
                {"keep_snapshots", 0, "Of its own history, maintenance keeps so many; 0: as it keeps of main."},
                {"keep_days", 0, "And those younger than this."},
                {"drop_after_days", 0, "Maintenance drops the branch when nothing came to it for so long; 0: never."},
                {"take_branch", std::vector<std::string>{}, "With --update: keep the branch's version of this table."},
                {"take_main", std::vector<std::string>{}, "With --update: take main's version of this table."}},
    .run = run_branch,
};

const CommandDef kTag = {
    .name = "tag",
    .summary = "List tags, or name what all tables have now; it is kept as long as the name is.",
    .details = "Read it with --at NAME, go back to it with `millpond rollback NAME`.",
    .arguments = {{"name", "The tag.", false, false}},
    .options = {{"at", "", "Name a time, a branch or another tag, rather than what is there now."},
                {"drop", false, "Forget the tag."},
                {"drop_after_days", 0, "Maintenance drops the tag when what it names is so old; 0: never."}},
    .run = run_tag,
};

}  // namespace millpond::cli
