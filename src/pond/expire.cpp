#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "millpond/pond/maintenance.h"
#include "pond/check_table.h"
#include "pond/file_io.h"
#include "pond/location.h"
#include "pond/namespace_tables.h"
#include "pond/state.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

using Paths = std::unordered_set<std::string>;

/// Every file that some snapshots need.
struct Reachable {
  Paths lists, manifests, files;
};

/// Adds what a snapshot reaches; manifests in `known` are not looked into again. `dead`: also files that it only names
/// as deleted.
Status add_reachable(PondState& pond, const Snapshot& snapshot, const Paths* known, bool dead, Reachable& out) {
  out.lists.insert(snapshot.manifest_list);
  MP_ASSIGN(const ManifestListPtr manifests, pond.manifests(snapshot));
  for (const ManifestFile& manifest : *manifests) {
    if ((known != nullptr && known->contains(manifest.path)) || !out.manifests.insert(manifest.path).second) continue;
    MP_ASSIGN(const ManifestEntriesPtr entries, pond.entries(manifest));
    for (const ManifestEntry& entry : *entries) {
      if (dead || entry.status != EntryStatus::kDeleted) out.files.insert(entry.file.path);
    }
  }
  return {};
}

/// Folders whose files are this table's to remove. Another table's files that it only names lie elsewhere.
std::vector<std::string> own_folders(const PondState& pond, const TableMetadata& table) {
  std::vector<std::string> folders = {pond.to_path(table.location)};
  for (const char* key : {"write.data.path", "write.metadata.path"}) {
    const auto found = table.properties.find(key);
    if (found != table.properties.end()) folders.push_back(pond.to_path(found->second));
  }
  return folders;
}

Status remove_unneeded(PondState& pond, const std::vector<std::string>& folders, const Paths& candidates,
                       const Paths& needed, ExpireReport& report) {
  for (const std::string& uri : candidates) {
    if (needed.contains(uri)) continue;
    const std::string path = pond.to_path(uri);
    const auto holds = [&](const std::string& folder) { return lies_below(path, folder); };
    if (std::none_of(folders.begin(), folders.end(), holds)) continue;
    const Result<std::int64_t> size_bytes = file_size(path);
    if (!size_bytes.ok()) continue;  // gone already
    MP_TRY(remove_file(path));
    ++report.files;
    report.size_bytes += *size_bytes;
  }
  return {};
}

/// A retention setting of a ref, as Iceberg names it.
std::optional<std::int64_t> retention(const SnapshotRef& ref, const char* key) {
  const auto members = nlohmann::json::parse("{\"-\":0" + ref.extra + "}", nullptr, false);
  const auto found = members.is_object() ? members.find(key) : members.end();
  if (!members.is_object() || found == members.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

void drop_outdated_refs(const TableMetadata& table, Update& update) {
  for (const auto& [name, ref] : table.refs) {
    const auto age_max = retention(ref, "max-ref-age-ms");
    const SnapshotEntry* head = table.find_snapshot(ref.snapshot_id);
    if (name == "main" || !age_max || head == nullptr || now_ms() - head->snapshot.timestamp_ms <= *age_max) continue;
    remove_ref(update, name);
    update.plan().expected_refs[name] = ref.snapshot_id;
  }
}

/// The newest snapshots of each branch, by its own policy where it has one.
std::set<std::int64_t> branch_history(const TableMetadata& table, Update& update, const ExpirePolicy& policy) {
  std::set<std::int64_t> keep;
  for (const auto& [name, ref] : table.refs) {
    if (ref.type != "branch" || update.plan().refs.contains(name)) continue;
    const std::int64_t count_min = retention(ref, "min-snapshots-to-keep").value_or(policy.keep_last);
    const std::int64_t age_max = retention(ref, "max-snapshot-age-ms").value_or(policy.older_than.count());
    const SnapshotEntry* at = table.find_snapshot(ref.snapshot_id);
    for (std::int64_t count = 0; at != nullptr; ++count) {
      if (count >= count_min && now_ms() - at->snapshot.timestamp_ms >= age_max) break;
      if (!keep.insert(at->snapshot.id).second) break;
      at = at->snapshot.parent ? table.find_snapshot(*at->snapshot.parent) : nullptr;
    }
  }
  return keep;
}

}  // namespace

Result<ExpireReport> expire_snapshots(const Table& table, const ExpirePolicy& policy, Context& context) {
  if (policy.keep_last < 1) return invalid("at least one snapshot must be kept: ", policy.keep_last);
  ExpireReport report;
  const std::vector<SnapshotEntryPtr>& all = table.state()->metadata.snapshots;
  const std::int64_t newest_to_go = now_ms() - policy.older_than.count();
  Update update = table.update();
  drop_outdated_refs(table.state()->metadata, update);
  const std::set<std::int64_t> kept_by_branches = branch_history(table.state()->metadata, update, policy);
  const std::size_t candidates = all.size() - std::min(all.size(), static_cast<std::size_t>(policy.keep_last));
  for (std::size_t i = 0; i < candidates; ++i) {
    const Snapshot& snapshot = all[i]->snapshot;
    if (snapshot.timestamp_ms <= newest_to_go && !kept_by_branches.contains(snapshot.id)) {
      update.plan().expired.insert(snapshot.id);
    }
  }
  if (update.plan().changes_nothing()) return report;
  MP_ASSIGN(const Table after, update.commit(context));

  // What the kept snapshots need is gathered after the commit: from now on nothing refers to the others.
  PondState& pond = *table.pond();
  Reachable kept, gone;
  for (const SnapshotEntryPtr& entry : after.state()->metadata.snapshots) {
    MP_TRY(add_reachable(pond, entry->snapshot, nullptr, false, kept));
  }
  for (const SnapshotEntryPtr& entry : all) {
    if (after.state()->metadata.find_snapshot(entry->snapshot.id) != nullptr) continue;
    MP_TRY(context.check());
    ++report.snapshots;
    MP_TRY(add_reachable(pond, entry->snapshot, &kept.manifests, true, gone));
  }
  const std::vector<std::string> folders = own_folders(pond, after.state()->metadata);
  MP_TRY(remove_unneeded(pond, folders, gone.files, kept.files, report));
  MP_TRY(remove_unneeded(pond, folders, gone.manifests, kept.manifests, report));
  MP_TRY(remove_unneeded(pond, folders, gone.lists, kept.lists, report));
  return report;
}

Result<std::vector<FileEntry>> find_orphans(const Table& table, std::chrono::milliseconds grace, Context& context) {
  if (grace.count() < 0) return invalid("the grace period cannot be negative: ", grace.count());
  PondState& pond = *table.pond();
  const std::string folder = pond.to_path(table.location());
  // The folder is listed before the table is read: what is committed in between is then known as needed.
  const std::int64_t newest_to_go = now_ms() - grace.count();
  std::vector<FileEntry> files;
  for (const char* name : {"/data", "/metadata"}) {
    MP_ASSIGN(std::vector<FileEntry> found, list_files(folder + name));
    files.insert(files.end(), found.begin(), found.end());
  }
  MP_ASSIGN(const TableStatePtr state, newest_version(pond, *table.state()));
  Reachable needed;
  for (const SnapshotEntryPtr& entry : state->metadata.snapshots) {
    MP_TRY(context.check());
    MP_TRY(add_reachable(pond, entry->snapshot, nullptr, false, needed));
  }
  Paths keep;
  for (const Paths* paths : {&needed.lists, &needed.manifests, &needed.files}) {
    for (const std::string& uri : *paths) keep.insert(pond.to_path(uri));
  }
  keep.insert(pond.to_path(state->metadata_location));
  for (const MetadataLogEntry& entry : state->metadata.metadata_log) keep.insert(pond.to_path(entry.file));

  std::vector<FileEntry> orphans;
  for (const FileEntry& file : files) {
    if (keep.contains(file.path) || file.modified_ms > newest_to_go) continue;
    // Statistics files and the like, that we carry along unread.
    if (state->metadata.extra.find(file.path.substr(file.path.rfind('/') + 1)) != std::string::npos) continue;
    orphans.push_back(file);
  }
  return orphans;
}

Result<OrphanReport> remove_orphans(const Table& table, std::chrono::milliseconds grace, Context& context) {
  OrphanReport report;
  MP_ASSIGN(const std::vector<FileEntry> orphans, find_orphans(table, grace, context));
  for (const FileEntry& file : orphans) {
    MP_TRY(remove_file(file.path));
    ++report.files;
    report.size_bytes += file.size_bytes;
  }
  return report;
}

}  // namespace millpond::pond
