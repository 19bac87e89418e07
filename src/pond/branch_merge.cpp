// Branches into `main`, and `main` into branches.

#include <algorithm>

#include "millpond/pond/branches.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"
#include "pond/state.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

using How = TableMerge::How;
using SnapshotId = std::optional<std::int64_t>;

/// One table with both of its lines.
struct Sides {
  Table table;         ///< on `main`
  Table branch_table;  ///< the same on the branch
  std::string branch;
  SnapshotId base, head, main;
  std::string target = "main";  ///< what the other line is called in reports
};

/// Collects what a branch did since its base, to be done again elsewhere.
class Replay {
 public:
  Replay(const Sides& sides, TableMerge& report, Context& context)
      : sides_(sides), report_(report), context_(context) {}

  /// False, with the reason in the report, if `main` changed the same rows.
  Result<bool> onto(Update& update) {
    MP_ASSIGN(const bool columns_fit, merge_schema(update));
    if (!columns_fit) return false;
    MP_TRY(load(sides_.base, before_));
    MP_TRY(load(sides_.main, there_));
    MP_ASSIGN(const std::vector<LiveFile> after, sides_.table.files(*sides_.head));
    std::set<std::string> kept;
    for (const LiveFile& file : after) {
      kept.insert(file.file.path);
      const auto old = before_.find(file.file.path);
      if (old == before_.end()) {
        MP_TRY(add(file, update));
        continue;
      }
      if (!delete_more(old->second, file, update)) return false;
    }
    for (const auto& [path, file] : before_) {
      if (kept.contains(path)) continue;
      if (!there_.contains(path)) return refuse(sides_.target + " rewrote or removed a file whose rows were changed");
      update.remove_file(path);
      update.plan().deleted_before[path] = file.deleted;
      ++report_.files_removed;
    }
    return true;
  }

 private:
  bool refuse(std::string why) {
    report_.how = How::kConflict;
    report_.why = std::move(why);
    return false;
  }

  Status load(SnapshotId snapshot, std::map<std::string, LiveFile>& files) const {
    if (!snapshot) return {};
    MP_ASSIGN(std::vector<LiveFile> live, sides_.table.files(*snapshot));
    for (LiveFile& file : live) files.emplace(file.file.path, std::move(file));
    return {};
  }

  Result<bool> merge_schema(Update& update) {
    const TableMetadata& main = sides_.table.state()->metadata;
    const TableMetadata& branch = sides_.branch_table.state()->metadata;
    if (main.current_schema_id == branch.current_schema_id) return true;
    const SnapshotEntry* base = sides_.base ? main.find_snapshot(*sides_.base) : nullptr;
    if (base != nullptr && base->snapshot.schema_id != main.current_schema_id) {
      return refuse("both changed the columns");
    }
    update.plan().schema_id = branch.current_schema_id;
    return true;
  }

  Status add(const LiveFile& file, Update& update) {
    ++report_.files_added;
    const bool lineage = sides_.table.format_version() >= 3;
    if (!lineage && (!file.deleted || file.deleted->empty())) {
      update.append(file.file);
      return {};
    }
    // A commit cannot delete rows of a file that it adds, and gives new ids to those of version 3: the live rows are
    // written anew, with their ids.
    const FilePart part{.file = file.file, .deleted = file.deleted, .sequence_number = file.sequence_number};
    ReadOptions read;
    read.with_lineage = lineage;
    MP_ASSIGN(const auto rows, sides_.branch_table.read(std::span(&part, 1), read, context_));
    DataWriterOptions options;
    options.lineage = lineage;
    DataWriter writer(sides_.branch_table, options);
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, rows->next(context_));
      if (!batch) break;
      MP_TRY(writer.write(*batch));
    }
    MP_ASSIGN(auto files, writer.close());
    update.append(std::move(files));
    return {};
  }

  bool delete_more(const LiveFile& before, const LiveFile& after, Update& update) {
    const Positions none;
    const Positions& old_rows = before.deleted ? *before.deleted : none;
    const Positions& new_rows = after.deleted ? *after.deleted : none;
    if (old_rows == new_rows) return true;
    if (!old_rows.without(new_rows).empty()) return refuse("rows that were deleted came back on the branch");
    const std::string& path = after.file.path;
    if (!there_.contains(path)) return refuse(sides_.target + " rewrote or removed a file whose rows were deleted");
    const Positions more = new_rows.without(old_rows);
    report_.rows_deleted += more.size();
    update.delete_rows(path, more.values());
    return true;
  }

  const Sides& sides_;
  TableMerge& report_;
  Context& context_;
  std::map<std::string, LiveFile> before_, there_;
};

std::int32_t branch_schema(const Sides& sides) { return sides.branch_table.state()->metadata.current_schema_id; }

/// The tables that have the branch.
Result<std::vector<Sides>> sides_of(const Pond& pond, std::string_view branch) {
  if (branch == "main") return invalid("main is not merged into itself");
  MP_ASSIGN(const auto other, open_branch(pond, branch));
  std::vector<Sides> all;
  MP_ASSIGN(const std::vector<std::string> names, pond.tables());
  for (const std::string& name : names) {
    MP_ASSIGN(Table table, pond.table(name));
    if (!table.state()->view.is_main())
      return invalid("this is done on main, not on branch ", table.state()->view.branch);
    const TableMetadata& metadata = table.state()->metadata;
    const auto ref = metadata.refs.find(std::string(branch));
    if (ref == metadata.refs.end()) continue;
    MP_ASSIGN(Table branch_table, other->table(name));
    const SnapshotId base = branch_base(metadata, branch), main = metadata.current_snapshot_id;
    all.push_back(
        {std::move(table), std::move(branch_table), std::string(branch), base, ref->second.snapshot_id, main});
  }
  return all;
}

Update guarded(const Sides& sides) {
  Update update = sides.table.update();
  update.require_snapshot(sides.main);
  update.plan().expected_refs[sides.branch] = sides.head;
  return update;
}

void fast_forward_to(const Sides& sides, Update& update) {
  update.plan().move_main = sides.head;
  if (branch_schema(sides) != sides.table.state()->metadata.current_schema_id) {
    update.plan().schema_id = branch_schema(sides);
  }
}

Result<TableMerge> plan_merge(const Sides& sides, const MergeOptions& options, std::vector<Update>& updates,
                              Context& context) {
  TableMerge report{.table = sides.table.name()};
  const TableMetadata& metadata = sides.table.state()->metadata;
  Update update = guarded(sides);
  update.plan().pull = {sides.branch};
  const bool unchanged = sides.head == sides.main || sides.head == sides.base;
  if (unchanged || options.take_main.contains(report.table)) {
    if (sides.head != sides.main || sides.base != sides.main) updates.push_back(std::move(update));
    return report;
  }
  if (!sides.main || sides.base == sides.main || descends(metadata, *sides.head, *sides.main) ||
      options.take_branch.contains(report.table)) {
    report.how = How::kFastForward;
    fast_forward_to(sides, update);
  } else if (options.derived(sides.branch_table)) {
    report.how = How::kConflict;
    report.why = "main was built since the branch was made or updated";
    return report;
  } else {
    report.how = How::kReplay;
    MP_ASSIGN(const bool done, Replay(sides, report, context).onto(update));
    if (!done) return report;
  }
  updates.push_back(std::move(update));
  return report;
}

Result<TableMerge> plan_update(const Sides& sides, const MergeOptions& options, std::vector<Update>& updates,
                               Context& context) {
  TableMerge report{.table = sides.table.name()};
  if (sides.main == sides.base || !sides.main) return report;
  Update update = guarded(sides);
  if (sides.head == sides.base || sides.head == sides.main || options.take_main.contains(report.table)) {
    report.how = How::kFastForward;
    update.plan().pull = {sides.branch};
    updates.push_back(std::move(update));
    return report;
  }
  if (!options.derived(sides.branch_table) && !options.take_branch.contains(report.table)) {
    report.how = How::kReplay;
    update.plan().result_branch = sides.branch;
    MP_ASSIGN(const bool done, Replay(sides, report, context).onto(update));
    if (!done) return report;
  }
  update.set_property(branch_base_key(sides.branch), std::to_string(*sides.main));
  updates.push_back(std::move(update));
  return report;
}

using PlanOne = Result<TableMerge> (*)(const Sides&, const MergeOptions&, std::vector<Update>&, Context&);

/// One try; `raced` if another process committed in between.
Status try_run(const Pond& pond, std::string_view branch, const MergeOptions& options, std::vector<TableMerge>& report,
               Context& context, PlanOne plan, bool& raced) {
  raced = false;
  report.clear();
  MP_ASSIGN(const std::vector<Sides> all, sides_of(pond, branch));
  std::vector<Update> updates;
  std::string conflicts;
  for (const Sides& sides : all) {
    MP_ASSIGN(TableMerge one, plan(sides, options, updates, context));
    if (one.how == How::kConflict) conflicts += (conflicts.empty() ? "" : "; ") + one.table + ": " + one.why;
    report.push_back(std::move(one));
  }
  if (!conflicts.empty()) {
    return conflict("branch ", branch, " cannot be merged: ", conflicts)
        .hint("`millpond branch " + std::string(branch) + " --update`, then `millpond build --branch " +
              std::string(branch) + "`, and merge again; or --take-branch TABLE, --take-main TABLE.");
  }
  if (options.dry_run) return {};
  Status done = commit_all(updates, context).status();
  raced = done.code() == Code::kConflict;
  return done;
}

Status run(const Pond& pond, std::string_view branch, const MergeOptions& options, std::vector<TableMerge>& report,
           Context& context, PlanOne plan) {
  constexpr int kRacesMax = 10;
  for (int attempt = 1;; ++attempt) {
    bool raced = false;
    Status done = try_run(pond, branch, options, report, context, plan, raced);
    if (!raced || attempt == kRacesMax) return done;
  }
}

/// The table as the snapshot has it: its columns may be others than those of the target.
Table as_of(const Table& table, const Snapshot& snapshot) {
  const TableState& state = *table.state();
  if (state.metadata.find_schema(snapshot.schema_id) == nullptr) return table;
  TableMetadata metadata = state.metadata;
  metadata.current_schema_id = snapshot.schema_id;
  return Table(table.pond(), make_state(state.name, state.metadata_location, std::move(metadata)));
}

constexpr const char* kPickedKey = "source-snapshot-id";  // as Iceberg's own cherry-pick names it

Status check_pick(const Table& table, const Snapshot& picked, const MergeOptions& options) {
  const TableMetadata& metadata = table.state()->metadata;
  const std::string id = std::to_string(picked.id);
  if (options.derived(table)) {
    return conflict("a build makes this table, so rows of two versions cannot be mixed: ", table.name());
  }
  if (picked.operation == "replace") return invalid("the snapshot only rewrote files, and changed no row: ", id);
  if (table.current_id() && (picked.id == *table.current_id() || descends(metadata, *table.current_id(), picked.id))) {
    return error(Code::kAlreadyExists, "the snapshot is there already: ", id);
  }
  if (picked.parent && metadata.find_snapshot(*picked.parent) == nullptr) {
    return conflict("the snapshot before it has expired, so that nobody knows what it changed: ", id);
  }
  for (SnapshotId at = table.current_id(); at;) {
    const SnapshotEntry* entry = metadata.find_snapshot(*at);
    if (entry == nullptr) break;
    const auto source = entry->snapshot.summary.find(kPickedKey);
    if (source != entry->snapshot.summary.end() && source->second == id) {
      return error(Code::kAlreadyExists, "the snapshot was picked before: ", id);
    }
    at = entry->snapshot.parent;
  }
  return {};
}

Result<TableMerge> try_pick(const Pond& pond, const std::string& name, std::int64_t snapshot,
                            const MergeOptions& options, Context& context) {
  MP_ASSIGN(const Table table, pond.table(name));
  MP_ASSIGN(const Snapshot picked, table.snapshot(snapshot));
  MP_TRY(check_pick(table, picked, options));
  TableMerge report{.table = name, .how = How::kReplay};
  const std::string& branch = table.state()->view.branch;
  const std::string target = table.state()->view.is_main() ? "main" : branch;
  const Sides sides{table, as_of(table, picked), branch, picked.parent, picked.id, table.current_id(), target};
  Update update = table.update();
  update.require_snapshot(table.current_id()).summary(kPickedKey, std::to_string(picked.id));
  MP_ASSIGN(const bool done, Replay(sides, report, context).onto(update));
  if (!done) return conflict("the snapshot cannot be picked: ", name, ": ", report.why);
  if (!options.dry_run) MP_TRY(update.commit(context));
  return report;
}

}  // namespace

Result<TableMerge> cherry_pick(const Pond& pond, std::string_view table, std::int64_t snapshot,
                               const MergeOptions& options, Context& context) {
  std::vector<std::string> names;
  if (table.empty()) {
    MP_ASSIGN(names, pond.tables());
  } else {
    names.emplace_back(table);
  }
  for (const std::string& name : names) {
    MP_ASSIGN(const Table each, pond.table(name));
    if (each.state()->metadata.find_snapshot(snapshot) == nullptr) continue;
    constexpr int kTriesMax = 5;
    for (int tried = 1;; ++tried) {
      const auto before = each.current_id();
      auto done = try_pick(pond, name, snapshot, options, context);
      if (done.ok() || done.status().code() != Code::kConflict || tried == kTriesMax) return done;
      MP_ASSIGN(const Table now, pond.table(name));
      if (now.current_id() == before) return done;  // the changes do not fit; nobody was faster
    }
  }
  return not_found("no table has this snapshot: ", snapshot).hint("`millpond log` lists them.");
}

Status merge_branch(const Pond& pond, std::string_view branch, const MergeOptions& options,
                    std::vector<TableMerge>& report, Context& context) {
  return run(pond, branch, options, report, context, plan_merge);
}

Status update_branch(const Pond& pond, std::string_view branch, const MergeOptions& options,
                     std::vector<TableMerge>& report, Context& context) {
  return run(pond, branch, options, report, context, plan_update);
}

}  // namespace millpond::pond
