#include "pond/check_repair.h"

#include <algorithm>
#include <set>

#include "millpond/pond/maintenance.h"
#include "millpond/pond/update.h"
#include "pond/file_io.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

using Kind = Problem::Kind;
using Paths = std::set<std::string>;

/// True if nothing that the snapshot needs is among the broken files.
bool is_whole(PondState& pond, const Snapshot& snapshot, const Paths& broken) {
  if (broken.contains(pond.to_path(snapshot.manifest_list))) return false;
  const auto manifests = pond.manifests(snapshot);
  if (!manifests.ok()) return false;
  for (const ManifestFile& manifest : **manifests) {
    if (broken.contains(pond.to_path(manifest.path))) return false;
    const auto entries = pond.entries(manifest);
    if (!entries.ok()) return false;
    for (const ManifestEntry& entry : **entries) {
      if (entry.status != EntryStatus::kDeleted && broken.contains(pond.to_path(entry.file.path))) return false;
    }
  }
  return true;
}

class TableRepair {
 public:
  TableRepair(std::shared_ptr<PondState> pond, TableStatePtr state, const CheckOptions& options,
              std::vector<Problem>& problems)
      : pond_(std::move(pond)), state_(std::move(state)), options_(options), problems_(problems) {
    for (const Problem& problem : problems_) {
      if (problem.damage() && !problem.path.empty()) broken_.insert(problem.path);
    }
  }

  Status run(bool& build_needed, Context& context) {
    const Table table(pond_, state_);
    Update update = table.update();
    drop_refs(update);
    forget_snapshots(*state_, update);
    const bool gives_up = give_up(table, update);
    MP_ASSIGN(Table after, update.commit(context));
    build_needed = build_needed || gives_up;
    if (gives_up) {  // what was current is history now
      Update forgetting = after.update();
      forget_snapshots(*after.state(), forgetting);
      MP_ASSIGN(after, forgetting.commit(context));
    }
    for (Problem& problem : problems_) settle(problem, *after.state());
    return {};
  }

 private:
  const TableMetadata& metadata() const { return state_->metadata; }

  void drop_refs(Update& update) {
    for (const auto& [name, ref] : metadata().refs) {
      if (name != "main" && metadata().find_snapshot(ref.snapshot_id) == nullptr) {
        update.plan().refs[name] = std::nullopt;
      }
    }
  }

  void forget_snapshots(const TableState& state, Update& update) {
    for (const SnapshotEntryPtr& entry : state.metadata.snapshots) {
      if (entry->snapshot.id == state.metadata.current_snapshot_id) continue;
      if (!is_whole(*pond_, entry->snapshot, broken_)) update.plan().expired.insert(entry->snapshot.id);
    }
  }

  /// A derived table without its broken files: the next build finds that their rows are missing.
  bool give_up(const Table& table, Update& update) {
    const SnapshotEntry* current = metadata().current();
    if (current == nullptr || is_whole(*pond_, current->snapshot, broken_) || !options_.derived(table)) return false;
    update.require_snapshot(current->snapshot.id);
    const bool only_data = std::all_of(problems_.begin(), problems_.end(), [](const Problem& problem) {
      return !problem.current || !problem.damage() || problem.kind == Kind::kDataFile;
    });
    if (only_data) {
      for (const Problem& problem : problems_) {
        if (problem.current && problem.kind == Kind::kDataFile) update.remove_file(pond_->to_uri(problem.path));
      }
      for (const auto& [key, value] : options_.rebuild_summary) update.summary(key, value);
      return true;
    }
    const auto& all = metadata().snapshots;
    const auto whole = std::find_if(all.rbegin(), all.rend(), [&](const SnapshotEntryPtr& entry) {
      return descends(metadata(), current->snapshot.id, entry->snapshot.id) &&
             is_whole(*pond_, entry->snapshot, broken_);
    });
    if (whole == all.rend()) return false;
    update.plan().move_main = (*whole)->snapshot.id;
    update.plan().expired.insert(current->snapshot.id);
    return true;
  }

  /// Whether the table, as it is now, still needs what is broken.
  void settle(Problem& problem, const TableState& now) {
    if (!problem.damage()) return;
    if (problem.kind == Kind::kRef) {
      problem.repaired = !problem.current;
      problem.repair = problem.repaired ? "dropped" : "restore the table's metadata from a backup";
      return;
    }
    const Paths one{problem.path};
    problem.repaired =
        std::all_of(now.metadata.snapshots.begin(), now.metadata.snapshots.end(),
                    [&](const SnapshotEntryPtr& entry) { return is_whole(*pond_, entry->snapshot, one); });
    if (problem.repaired) {
      problem.repair =
          problem.current ? "given up: the next build makes its rows again" : "forgotten with its snapshots";
    } else {
      problem.repair = problem.current ? "restore this file from a backup, or go back with `millpond rollback`"
                                       : "a branch, a tag or a build still needs it: drop that, or restore the file";
    }
  }

  std::shared_ptr<PondState> pond_;
  TableStatePtr state_;
  const CheckOptions& options_;
  std::vector<Problem>& problems_;
  Paths broken_;
};

}  // namespace

Status restore_pointer(PondState& pond, Problem& problem) {
  MP_ASSIGN(const auto location, pond.catalog->location(problem.table));
  if (!location) return {};
  const std::string path = pond.to_path(*location);
  problem.path = path;
  MP_ASSIGN(std::vector<FileEntry> files, list_files(path.substr(0, path.rfind('/'))));
  std::erase_if(files, [&](const FileEntry& file) {
    return !file.path.ends_with(".metadata.json") || version_of(file.path) > version_of(path) || file.path == path;
  });
  std::sort(files.begin(), files.end(), [](const FileEntry& a, const FileEntry& b) {
    return std::pair(version_of(a.path), a.modified_ms) > std::pair(version_of(b.path), b.modified_ms);
  });
  for (const FileEntry& file : files) {
    const auto text = read_file(file.path);
    if (!text.ok() || !parse_metadata(*text).ok()) continue;
    MP_ASSIGN(problem.repaired, pond.catalog->swap(problem.table, *location, pond.to_uri(file.path)));
    problem.repair = "the catalog names version " + std::to_string(version_of(file.path)) + " instead of " +
                     std::to_string(version_of(path));
    return {};
  }
  problem.repair = "no metadata file can be read: restore one from a backup, or drop the table";
  return {};
}

Status repair_table(const std::shared_ptr<PondState>& pond, const std::string& table, const CheckOptions& options,
                    std::vector<Problem>& problems, bool& build_needed, Context& context) {
  MP_ASSIGN(TableStatePtr state, pond->load(table));
  const bool damaged = std::any_of(problems.begin(), problems.end(), [](const Problem& p) { return p.damage(); });
  if (damaged) return TableRepair(pond, std::move(state), options, problems).run(build_needed, context);
  MP_TRY(remove_orphans(Table(pond, std::move(state)), options.orphan_grace, context));
  for (Problem& problem : problems) {
    problem.repaired = true;
    problem.repair = "removed";
  }
  return {};
}

}  // namespace millpond::pond
