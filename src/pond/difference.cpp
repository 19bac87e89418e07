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
  std::set<std::string_view> known;
  for (const LiveEntry& item : other.own.deletes) known.insert(item.entry->file.path);
  std::vector<LiveEntry> out;
  for (const LiveEntry& item : end.own.deletes) {
    if (!known.contains(item.entry->file.path)) out.push_back(item);
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
    FilePart part{.file = item->entry->file, .deleted = at(deletes, item->entry->file.path)};
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
    if (paths.contains(item.entry->file.path)) out.push_back({.file = item.entry->file});
  }
  return out;
}

void add_rows(std::vector<FilePart>& out, const DataFile& file, const PositionsPtr& with, const PositionsPtr& without) {
  if (!with) return;
  PositionsPtr rows = without ? std::make_shared<const Positions>(with->without(*without)) : with;
  if (!rows->empty()) out.push_back({.file = file, .only = std::move(rows)});
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
    add_rows(out.removed, file.file, is, was);
    add_rows(out.added, file.file, was, is);
  }
  return out;
}

}  // namespace millpond::pond
