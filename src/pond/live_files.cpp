#include "pond/live_files.h"

#include <algorithm>

#include "pond/deletes.h"
#include "pond/equality_deletes.h"

namespace millpond::pond {

Result<LiveEntries> live_entries(PondState& pond, const ManifestList& manifests,
                                 const std::set<std::string_view>& skip) {
  LiveEntries out;
  std::int64_t order = 0;
  for (const ManifestFile& manifest : manifests) {
    if (skip.contains(manifest.path)) continue;
    MP_ASSIGN(ManifestEntriesPtr entries, pond.entries(manifest));
    for (const ManifestEntry& entry : *entries) {
      if (entry.status == EntryStatus::kDeleted) continue;
      if (entry.content == FileContent::kEqualityDeletes) {
        out.equality.push_back({&entry, order++});
        continue;
      }
      (entry.content == FileContent::kData ? out.data : out.deletes).push_back({&entry, order++});
    }
    out.held.push_back(std::move(entries));
  }
  std::sort(out.data.begin(), out.data.end(), [](const LiveEntry& a, const LiveEntry& b) {
    return std::pair(*a.entry->sequence_number, a.order) < std::pair(*b.entry->sequence_number, b.order);
  });
  return out;
}

Result<DeletesByFile> deleted_positions(PondState& pond, const std::vector<LiveEntry>& delete_files,
                                        const std::set<std::string_view>* paths) {
  DeletesByFile out;
  // Where a data file has a vector, older position deletes of it are in there already.
  std::set<std::string_view> with_vector;
  for (const LiveEntry& item : delete_files) {
    if (item.entry->is_vector()) with_vector.insert(item.entry->referenced_data_file);
  }
  for (const LiveEntry& item : delete_files) {
    if (paths != nullptr && std::none_of(paths->begin(), paths->end(), [&](std::string_view path) {
          return may_delete_from(*item.entry, std::string(path));
        })) {
      continue;
    }
    MP_ASSIGN(const auto read, pond.deletes(*item.entry));
    for (const auto& [path, positions] : *read) {
      if (paths != nullptr && !paths->contains(path)) continue;
      if (!item.entry->is_vector() && with_vector.contains(path)) continue;
      PositionsPtr& merged = out[path];
      merged = merged ? std::make_shared<const Positions>(merged->united(*positions)) : positions;
    }
  }
  return out;
}

Result<DeletesByFile> deleted_rows(PondState& pond, const TableMetadata& table, const LiveEntries& entries,
                                   const std::set<std::string_view>* paths) {
  MP_ASSIGN(DeletesByFile out, deleted_positions(pond, entries.deletes, paths));
  MP_ASSIGN(const DeletesByFile equal, equality_deleted(pond, table, entries.data, entries.equality, paths));
  for (const auto& [path, positions] : equal) {
    PositionsPtr& merged = out[path];
    merged = merged ? std::make_shared<const Positions>(merged->united(*positions)) : positions;
  }
  return out;
}

Result<std::vector<LiveFile>> live_files(PondState& pond, const TableMetadata& table, const Snapshot& snapshot) {
  MP_ASSIGN(const ManifestListPtr manifests, pond.manifests(snapshot));
  MP_ASSIGN(const LiveEntries entries, live_entries(pond, *manifests));
  // A position delete that is older than its data file cannot be: paths are never used twice.
  MP_ASSIGN(const DeletesByFile deleted, deleted_rows(pond, table, entries, nullptr));
  std::vector<LiveFile> out;
  out.reserve(entries.data.size());
  for (const LiveEntry& item : entries.data) {
    LiveFile file{.file = item.entry->file, .sequence_number = *item.entry->sequence_number};
    if (const auto found = deleted.find(file.file.path); found != deleted.end()) file.deleted = found->second;
    out.push_back(std::move(file));
  }
  return out;
}

}  // namespace millpond::pond
