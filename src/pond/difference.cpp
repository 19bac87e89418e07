#include <algorithm>
#include <map>

#include "pond/live_files.h"

namespace millpond::pond {
namespace {

bool only_replaced(const TableMetadata& table, std::int64_t from, const Snapshot& to) {
  const Snapshot* at = &to;
  while (at->id != from) {
    if (at->operation != "replace" || !at->parent) return false;
    const SnapshotEntry* parent = table.find_snapshot(*at->parent);
    if (parent == nullptr) return false;
    at = &parent->snapshot;
  }
  return true;
}

/// One end of the comparison: its manifests, and the entries of those that the other end does not have.
struct End {
  ManifestListPtr manifests;
  LiveEntries own;
  std::map<std::string_view, LiveEntry> files;  // data files, from own manifests
  std::vector<LiveEntry> own_deletes;           // delete files that only this end has
};

Status load(PondState& pond, End& end, const ManifestListPtr& other) {
  std::set<std::string_view> shared;
  if (other) {
    for (const ManifestFile& manifest : *other) shared.insert(manifest.path);
  }
  MP_ASSIGN(end.own, live_entries(pond, *end.manifests, shared));
  for (const LiveEntry& item : end.own.data) end.files[item.entry->file.path] = item;
  return {};
}

std::vector<LiveEntry> deletes_only_in(const End& end, const End& other) {
  std::set<std::string> known;
  for (const LiveEntry& item : other.own.deletes) known.insert(item.entry->key());
  std::vector<LiveEntry> out;
  for (const LiveEntry& item : end.own.deletes) {
    if (!known.contains(item.entry->key())) out.push_back(item);
  }
  return out;
}

/// All deletes of an end that concern these files: also those in manifests that both ends share.
Result<DeletesByFile> deletes_of(PondState& pond, const End& end, const std::set<std::string_view>& paths) {
  if (!end.manifests || paths.empty()) return DeletesByFile();
  ManifestList delete_manifests;
  for (const ManifestFile& manifest : *end.manifests) {
    if (manifest.deletes) delete_manifests.push_back(manifest);
  }
  MP_ASSIGN(const LiveEntries entries, live_entries(pond, delete_manifests));
  return deleted_positions(pond, entries.deletes, &paths);
}

PositionsPtr at(const DeletesByFile& deletes, const std::string& path) {
  const auto found = deletes.find(path);
  return found == deletes.end() ? nullptr : found->second;
}

/// Whole files that only `end` has, less what is deleted of them there.
std::vector<FilePart> whole_files(const std::vector<const LiveEntry*>& files, const DeletesByFile& deletes) {
  std::vector<FilePart> out;
  for (const LiveEntry* item : files) {
    FilePart part{.file = item->entry->file,
                  .deleted = at(deletes, item->entry->file.path),
                  .sequence_number = *item->entry->sequence_number};
    if (part.rows() > 0) out.push_back(std::move(part));
  }
  return out;
}

std::vector<const LiveEntry*> files_only_in(const End& end, const End& other) {
  std::vector<const LiveEntry*> out;
  for (const LiveEntry& item : end.own.data) {  // this order, not that of the map
    if (!other.files.contains(item.entry->file.path)) out.push_back(&item);
  }
  return out;
}

/// Finds data files, that both ends have, among the manifests of the later one.
Result<std::vector<LiveFile>> look_up(PondState& pond, const End& to, const std::set<std::string_view>& paths) {
  std::vector<LiveFile> out;
  if (paths.empty()) return out;
  ManifestList data_manifests;
  for (const ManifestFile& manifest : *to.manifests) {
    if (!manifest.deletes) data_manifests.push_back(manifest);
  }
  MP_ASSIGN(const LiveEntries entries, live_entries(pond, data_manifests));
  for (const LiveEntry& item : entries.data) {
    if (paths.contains(item.entry->file.path))
      out.push_back({.file = item.entry->file, .sequence_number = *item.entry->sequence_number});
  }
  return out;
}

void add_rows(std::vector<FilePart>& out, const LiveFile& file, const PositionsPtr& with, const PositionsPtr& without) {
  if (!with) return;
  PositionsPtr rows = without ? std::make_shared<const Positions>(with->without(*without)) : with;
  if (rows->empty()) return;
  out.push_back({.file = file.file, .only = std::move(rows), .sequence_number = file.sequence_number});
}

/// File by file, for ends with equality deletes: whom those concern depends on more than the manifests that differ.
Result<Difference> compare_files(PondState& pond, const TableMetadata& table, const Snapshot* from,
                                 const Snapshot& to) {
  std::vector<LiveFile> before;
  if (from != nullptr) { MP_ASSIGN(before, live_files(pond, table, *from)); }
  MP_ASSIGN(const std::vector<LiveFile> after, live_files(pond, table, to));
  std::map<std::string_view, const LiveFile*> known, kept;
  for (const LiveFile& file : before) known[file.file.path] = &file;
  for (const LiveFile& file : after) kept[file.file.path] = &file;
  Difference out;
  const auto whole = [](const LiveFile& file, std::vector<FilePart>& parts) {
    FilePart part{.file = file.file, .deleted = file.deleted, .sequence_number = file.sequence_number};
    if (part.rows() > 0) parts.push_back(std::move(part));
  };
  for (const LiveFile& file : before) {
    if (!kept.contains(file.file.path)) whole(file, out.removed);
  }
  for (const LiveFile& file : after) {
    const auto found = known.find(file.file.path);
    if (found == known.end()) {
      whole(file, out.added);
      continue;
    }
    add_rows(out.removed, file, file.deleted, found->second->deleted);
    add_rows(out.added, file, found->second->deleted, file.deleted);
  }
  return out;
}

}  // namespace

namespace {

/// Those in manifests that both ends share concern files that came since.
bool has_equality_deletes(PondState& pond, const Snapshot& to) {
  const auto total = to.summary.find("total-equality-deletes");
  if (total != to.summary.end()) return total->second != "0";
  const auto manifests = pond.manifests(to);
  if (!manifests.ok()) return true;
  for (const ManifestFile& line : **manifests) {
    if (!line.deletes) continue;
    const auto entries = pond.entries(line);
    if (!entries.ok()) return true;
    for (const ManifestEntry& entry : **entries) {
      if (entry.content == FileContent::kEqualityDeletes && entry.status != EntryStatus::kDeleted) return true;
    }
  }
  return false;
}

}  // namespace

Result<Difference> difference_between(PondState& pond, const TableMetadata& table, const Snapshot* from,
                                      const Snapshot& to) {
  Difference out;
  if (from != nullptr && only_replaced(table, from->id, to)) return out;
  End before, after;
  MP_ASSIGN(after.manifests, pond.manifests(to));
  if (from != nullptr) {
    MP_ASSIGN(before.manifests, pond.manifests(*from));
    MP_TRY(load(pond, before, after.manifests));
  }
  MP_TRY(load(pond, after, before.manifests));
  if (!before.own.equality.empty() || !after.own.equality.empty() || has_equality_deletes(pond, to)) {
    return compare_files(pond, table, from, to);
  }

  const auto gone = files_only_in(before, after), come = files_only_in(after, before);
  std::set<std::string_view> gone_paths, come_paths, touched;
  for (const LiveEntry* item : gone) gone_paths.insert(item->entry->file.path);
  for (const LiveEntry* item : come) come_paths.insert(item->entry->file.path);

  // Files that both ends have, but whose deletes changed.
  std::vector<LiveEntry> changed = deletes_only_in(before, after);
  const std::vector<LiveEntry> newer = deletes_only_in(after, before);
  changed.insert(changed.end(), newer.begin(), newer.end());
  MP_ASSIGN(const DeletesByFile changes, deleted_positions(pond, changed, nullptr));
  for (const auto& [path, positions] : changes) {
    if (!gone_paths.contains(path) && !come_paths.contains(path)) touched.insert(path);
  }

  std::set<std::string_view> before_paths = touched, after_paths = touched;
  before_paths.merge(gone_paths);
  after_paths.merge(come_paths);
  MP_ASSIGN(const DeletesByFile deleted_before, deletes_of(pond, before, before_paths));
  MP_ASSIGN(const DeletesByFile deleted_after, deletes_of(pond, after, after_paths));
  out.added = whole_files(come, deleted_after);
  out.removed = whole_files(gone, deleted_before);
  MP_ASSIGN(const std::vector<LiveFile> both, look_up(pond, after, touched));
  for (const LiveFile& file : both) {
    const PositionsPtr was = at(deleted_before, file.file.path), is = at(deleted_after, file.file.path);
    add_rows(out.removed, file, is, was);
    add_rows(out.added, file, was, is);
  }
  return out;
}

}  // namespace millpond::pond
