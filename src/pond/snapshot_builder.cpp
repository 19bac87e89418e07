#include "pond/snapshot_builder.h"

#include <algorithm>
#include <limits>

#include "pond/deletes.h"
#include "pond/deletion_vector.h"
#include "pond/file_io.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kDeleteFilesMax =
    16;  // with more, readers open too many: a commit then merges them into its own
constexpr std::int64_t kManifestBytes = 8 << 20;
constexpr std::int64_t kManifestsToMerge = 32;

}  // namespace

Status SnapshotBuilder::build() {
  MP_TRY(load_base());
  MP_TRY(resolve_changes());
  MP_TRY(resolve_deletes());
  MP_TRY(rewrite_base_manifests());
  MP_TRY(add_new_manifests());
  MP_TRY(merge_small_manifests(false));
  MP_TRY(merge_small_manifests(true));
  return write_manifests();
}

Status SnapshotBuilder::load_base() {
  if (const SnapshotEntry* current = base_.current()) {
    snapshot_.parent = current->snapshot.id;
    MP_ASSIGN(base_list_, pond_.manifests(current->snapshot));
  } else {
    base_list_ = std::make_shared<const ManifestList>();
  }
  snapshot_.sequence_number = base_.last_sequence_number + 1;
  snapshot_.timestamp_ms =
      std::max(now_ms(), base_.last_updated_ms);  // time travel needs a log that never runs backwards
  snapshot_.schema_id = base_.current_schema_id;
  // An append never looks into the manifests: its cost does not grow with the table.
  if (plan_.deletes.empty() && plan_.removed.empty() && !plan_.replace_all) return {};
  MP_ASSIGN(live_, live_entries(pond_, *base_list_));
  for (const LiveEntry& item : live_.data) data_by_path_[item.entry->file.path] = item.entry;
  return {};
}

Status SnapshotBuilder::resolve_changes() {
  removed_ = plan_.removed;
  if (plan_.replace_all) {
    for (const auto& [path, entry] : data_by_path_) removed_.insert(std::string(path));
  }
  for (const std::string& path : removed_) {
    if (!data_by_path_.contains(path)) {
      return conflict("the file to remove is no longer in table ", plan_.base->name, ": ", path);
    }
  }
  return check_rows_still_live();
}

Status SnapshotBuilder::check_rows_still_live() {
  if (plan_.deleted_before.empty()) return {};
  std::set<std::string_view> paths;
  for (const auto& [path, deleted] : plan_.deleted_before) paths.insert(path);
  MP_ASSIGN(const DeletesByFile now, deleted_rows(pond_, base_, live_, &paths));
  for (const auto& [path, before] : plan_.deleted_before) {
    const auto found = now.find(path);
    const std::int64_t size_now = found == now.end() ? 0 : found->second->size();
    if (size_now != (before ? before->size() : 0)) {
      return conflict("rows were deleted meanwhile from a file that is being rewritten: ", path).hint("Run it again.");
    }
  }
  return {};
}

Status SnapshotBuilder::resolve_deletes() {
  const bool vectors = base_.format_version >= 3;
  if (!plan_.deletes.empty()) {
    std::set<std::string_view> paths;
    for (const auto& [path, positions] : plan_.deletes) {
      const auto found = data_by_path_.find(path);
      if (found == data_by_path_.end()) {
        return conflict("the file to delete rows from is no longer in table ", plan_.base->name, ": ", path);
      }
      if (!positions.empty() &&
          (positions.values().front() < 0 || positions.values().back() >= found->second->file.rows)) {
        return invalid("a position is outside the file, which has ", found->second->file.rows, " rows: ", path);
      }
      paths.insert(path);
    }
    MP_ASSIGN(const DeletesByFile before, deleted_positions(pond_, live_.deletes, &paths));
    for (const auto& [path, positions] : plan_.deletes) {
      if (removed_.contains(path)) continue;
      const auto found = before.find(path);
      Positions fresh = found == before.end() ? positions : positions.without(*found->second);
      const std::int64_t dead = fresh.size() + (found == before.end() ? 0 : found->second->size());
      if (dead == data_by_path_.find(path)->second->file.rows)
        removed_.insert(path);
      else if (fresh.empty())
        continue;
      else if (vectors && found != before.end())  // a file has one vector, which says it all
        new_deletes_[path] = std::make_shared<const Positions>(fresh.united(*found->second));
      else
        new_deletes_[path] = std::make_shared<const Positions>(std::move(fresh));
    }
  }
  gather_dead_deletes();
  if (vectors) {
    for (const LiveEntry& item : live_.deletes) {
      if (item.entry->is_vector() && new_deletes_.contains(item.entry->referenced_data_file)) {
        removed_deletes_.insert(item.entry->key());
      }
    }
    return {};
  }
  const auto left = static_cast<std::int64_t>(live_.deletes.size() - removed_deletes_.size());
  if (new_deletes_.empty() || left < kDeleteFilesMax) return {};
  // Fold what the old delete files say about live data into the new one.
  MP_ASSIGN(const DeletesByFile all, deleted_positions(pond_, live_.deletes, nullptr));
  for (const auto& [path, positions] : all) {
    if (removed_.contains(path) || !data_by_path_.contains(path)) continue;
    PositionsPtr& merged = new_deletes_[path];
    merged = merged ? std::make_shared<const Positions>(merged->united(*positions)) : positions;
  }
  for (const LiveEntry& item : live_.deletes) removed_deletes_.insert(item.entry->key());
  return {};
}

/// Delete files that only concern data files which leave (or left) the table.
void SnapshotBuilder::gather_dead_deletes() {
  if (removed_.empty()) return;
  for (const LiveEntry& item : live_.deletes) {
    if (!plan_.replace_all) {
      const bool concerned = std::any_of(removed_.begin(), removed_.end(),
                                         [&](const std::string& path) { return may_delete_from(*item.entry, path); });
      if (!concerned) continue;
      const auto content = pond_.deletes(*item.entry);
      if (!content.ok()) continue;  // it stays; whoever needs it reports the error
      const bool needed = std::any_of((*content)->begin(), (*content)->end(), [&](const auto& deletes) {
        return data_by_path_.contains(deletes.first) && !removed_.contains(deletes.first);
      });
      if (needed) continue;
    }
    removed_deletes_.insert(item.entry->key());
  }
  for (const LiveEntry& item : live_.equality) {
    const bool needed = std::any_of(live_.data.begin(), live_.data.end(), [&](const LiveEntry& data) {
      return *data.entry->sequence_number < *item.entry->sequence_number && !removed_.contains(data.entry->file.path);
    });
    if (!needed) removed_deletes_.insert(item.entry->key());
  }
}

void SnapshotBuilder::add_manifests_by_spec(ManifestEntries entries, bool deletes) {
  std::map<std::int32_t, ManifestEntries> by_spec;
  for (ManifestEntry& entry : entries) by_spec[entry.file.spec_id].push_back(std::move(entry));
  for (auto& [spec_id, group] : by_spec) manifests_.push_back(manifest_of(std::move(group), spec_id, deletes));
}

/// Version 3 has one file of vectors, earlier ones a position delete file for each partition.
Status SnapshotBuilder::write_deletes() {
  const std::string data = pond_.to_path(base_.location) + "/data", folder = data + "/" + new_uuid();
  MP_TRY(make_directories(data));
  if (base_.format_version >= 3) {
    draft_.paths = {folder + "-deletes.puffin"};
    MP_ASSIGN(draft_.entries, write_vectors(draft_.paths[0], pond_.to_uri(draft_.paths[0]), new_deletes_));
    for (ManifestEntry& entry : draft_.entries) {
      const DataFile& data = data_by_path_.find(entry.referenced_data_file)->second->file;
      entry.file.spec_id = data.spec_id;
      entry.file.partition = data.partition;
    }
    return {};
  }
  std::map<std::pair<std::int32_t, Partition>, std::map<std::string, PositionsPtr>> groups;
  for (const auto& [path, positions] : new_deletes_) {
    const DataFile& data = data_by_path_.find(path)->second->file;
    groups[{data.spec_id, data.partition ? *data.partition : Partition()}][path] = positions;
  }
  for (const auto& [place, deletes] : groups) {
    const std::string path =
        folder + (draft_.paths.empty() ? "" : "-" + std::to_string(draft_.paths.size())) + "-deletes.parquet";
    draft_.paths.push_back(path);
    MP_ASSIGN(ManifestEntry entry, write_delete_file(path, pond_.to_uri(path), deletes));
    entry.file.spec_id = place.first;
    if (!place.second.empty()) entry.file.partition = std::make_shared<const Partition>(place.second);
    draft_.entries.push_back(std::move(entry));
  }
  return {};
}

void DeleteFileDraft::discard() {
  for (const std::string& path : paths) (void)remove_file(path);
  paths.clear();
  entries.clear();
}

SnapshotBuilder::Manifest SnapshotBuilder::manifest_of(ManifestEntries entries, std::int32_t spec_id,
                                                       bool deletes) const {
  Manifest out;
  out.line = describe(entries, deletes, snapshot_.id, snapshot_.sequence_number);
  out.line.spec_id = spec_id;
  out.line.partitions = summarised(entries, base_, spec_id);
  out.entries = std::make_shared<const ManifestEntries>(std::move(entries));
  out.is_new = true;
  return out;
}

Status SnapshotBuilder::rewrite_base_manifests() {
  for (const ManifestFile& line : *base_list_) {
    // Entries that say "deleted" inform about the snapshot that wrote them; later ones need not carry them.
    if (line.added_files + line.existing_files == 0) continue;
    const std::set<std::string>& gone = line.deletes ? removed_deletes_ : removed_;
    if (gone.empty()) {
      manifests_.push_back({line, nullptr, false});
      continue;
    }
    MP_ASSIGN(const ManifestEntriesPtr old, pond_.entries(line));
    const bool touched = std::any_of(old->begin(), old->end(), [&](const ManifestEntry& entry) {
      return entry.status != EntryStatus::kDeleted && gone.contains(entry.key());
    });
    if (!touched) {
      manifests_.push_back({line, old, false});
      continue;
    }
    ManifestEntries entries;
    for (const ManifestEntry& entry : *old) {
      if (entry.status == EntryStatus::kDeleted) continue;
      ManifestEntry kept = entry;
      kept.status = gone.contains(entry.key()) ? EntryStatus::kDeleted : EntryStatus::kExisting;
      if (kept.status == EntryStatus::kDeleted) {
        kept.snapshot_id = snapshot_.id;
        removed_bytes_ += entry.file.size_bytes;
        (line.deletes ? removed_delete_rows_ : removed_rows_) += entry.file.rows;
      }
      entries.push_back(std::move(kept));
    }
    manifests_.push_back(manifest_of(std::move(entries), line.spec_id, line.deletes));
  }
  return {};
}

Status SnapshotBuilder::add_new_manifests() {
  if (!plan_.appended.empty()) {
    ManifestEntries entries;
    for (const AppendedFile& appended : plan_.appended) {
      ManifestEntry entry;
      entry.snapshot_id = snapshot_.id;
      entry.sequence_number = appended.sequence_number;
      entry.file = appended.file;
      entries.push_back(std::move(entry));
    }
    add_manifests_by_spec(std::move(entries), false);
  }
  if (new_deletes_.empty()) return {};
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first && *a.second == *b.second; };
  const bool reusable = !draft_.entries.empty() && std::equal(draft_.content.begin(), draft_.content.end(),
                                                              new_deletes_.begin(), new_deletes_.end(), same);
  if (!reusable) {
    draft_.discard();
    MP_TRY(write_deletes());
    draft_.content = new_deletes_;
  }
  for (ManifestEntry& entry : draft_.entries) entry.snapshot_id = snapshot_.id;
  add_manifests_by_spec(draft_.entries, true);
  return {};
}

/// Merges small manifests with those of their own size, like a log-structured tree: a file is rewritten once for each
/// tier, not at every merge, so that commits stay equally quick while the table grows. A tier must not take in smaller
/// ones: a large manifest would be rewritten whenever enough of these had come.
Status SnapshotBuilder::merge_small_manifests(bool deletes) {
  const std::int64_t target_bytes = base_.property("commit.manifest.target-size-bytes", kManifestBytes);
  const std::int64_t fan_in =
      std::max<std::int64_t>(2, base_.property("commit.manifest.min-count-to-merge", kManifestsToMerge));
  if (!base_.flag("commit.manifest-merge.enabled", true) && !plan_.merge_manifests) return {};
  const auto files = [](const Manifest& manifest) { return manifest.line.added_files + manifest.line.existing_files; };
  std::int64_t largest = 0;
  for (const Manifest& manifest : manifests_) largest = std::max(largest, files(manifest));
  for (std::int64_t below = fan_in;; below *= fan_in) {
    const std::int64_t from = below == fan_in ? 0 : below / fan_in;
    const auto belongs = [&](const Manifest& manifest) {
      return manifest.line.deletes == deletes && manifest.line.length < target_bytes &&
             manifest.line.spec_id == base_.default_spec_id &&
             (plan_.merge_manifests || (files(manifest) >= from && files(manifest) < below));
    };
    const auto count = std::count_if(manifests_.begin(), manifests_.end(), belongs);
    if (count >= (plan_.merge_manifests ? 2 : fan_in)) MP_TRY(merge_manifests(deletes, belongs));
    if (plan_.merge_manifests || below > largest || below > std::numeric_limits<std::int32_t>::max()) return {};
  }
}

Status SnapshotBuilder::merge_manifests(bool deletes, const std::function<bool(const Manifest&)>& belongs) {
  ManifestEntries merged;
  std::vector<Manifest> kept;
  std::size_t place = 0;
  for (Manifest& manifest : manifests_) {
    if (!belongs(manifest)) {
      kept.push_back(std::move(manifest));
      continue;
    }
    if (merged.empty()) place = kept.size();
    ManifestEntriesPtr entries = manifest.entries;
    if (!entries) { MP_ASSIGN(entries, pond_.entries(manifest.line)); }
    for (const ManifestEntry& entry : *entries) {
      if (!manifest.is_new && entry.status == EntryStatus::kDeleted) continue;
      merged.push_back(entry);
      if (!manifest.is_new) merged.back().status = EntryStatus::kExisting;
    }
  }
  kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(place),
              manifest_of(std::move(merged), base_.default_spec_id, deletes));
  manifests_ = std::move(kept);
  return {};
}

/// Version 3: every data manifest that has no first row id gets one, and with it the rows of its new files.
void SnapshotBuilder::assign_row_ids() {
  next_row_id_ = base_.next_row_id;
  if (base_.format_version < 3) return;
  snapshot_.first_row_id = next_row_id_;
  for (Manifest& manifest : manifests_) {
    if (manifest.line.deletes || manifest.line.first_row_id) continue;
    manifest.line.first_row_id = next_row_id_;
    next_row_id_ += manifest.line.added_rows + manifest.line.existing_rows;
  }
  snapshot_.assigned_rows = next_row_id_ - base_.next_row_id;
}

Status SnapshotBuilder::write_manifests() {
  assign_row_ids();
  const std::string folder = pond_.to_path(base_.location) + "/metadata/";
  const std::string uuid = new_uuid();
  auto list = std::make_shared<ManifestList>();
  int number = 0;
  for (Manifest& manifest : manifests_) {
    if (manifest.is_new) {
      const std::string path = folder + uuid + "-m" + std::to_string(number++) + ".avro";
      const std::string bytes =
          serialise_manifest(*manifest.entries, base_, manifest.line.spec_id, manifest.line.deletes);
      MP_TRY(write_file(path, bytes));
      written_.push_back(path);
      manifest.line.path = pond_.to_uri(path);
      manifest.line.length = static_cast<std::int64_t>(bytes.size());
    }
    list->push_back(manifest.line);
  }
  list_ = list;
  summarise();
  const std::string path = folder + "snap-" + std::to_string(snapshot_.id) + "-" + uuid + ".avro";
  MP_TRY(write_file(path, serialise_manifest_list(*list, snapshot_, base_)));
  written_.push_back(path);
  snapshot_.manifest_list = pond_.to_uri(path);
  return {};
}

/// We add none; those of others go when all data older than they has gone.
std::string SnapshotBuilder::equality_total() const {
  if (!live_.equality.empty()) {
    std::int64_t rows = 0;
    for (const LiveEntry& item : live_.equality) {
      if (!removed_deletes_.contains(item.entry->key())) rows += item.entry->file.rows;
    }
    return std::to_string(rows);
  }
  if (const SnapshotEntry* current = base_.current(); current != nullptr && live_.held.empty()) {
    const auto found = current->snapshot.summary.find("total-equality-deletes");
    if (found != current->snapshot.summary.end()) return found->second;
  }
  return "0";
}

void SnapshotBuilder::summarise() {
  std::map<std::string, std::string>& summary = snapshot_.summary;
  const auto set = [&](const char* key, std::int64_t value) {
    if (value != 0) summary[key] = std::to_string(value);
  };
  std::int64_t added_rows = 0, added_bytes = 0, added_deletes = 0;
  for (const AppendedFile& appended : plan_.appended)
    added_rows += appended.file.rows, added_bytes += appended.file.size_bytes;
  const bool deletes = !new_deletes_.empty();
  if (deletes) {
    for (const ManifestEntry& entry : draft_.entries) added_deletes += entry.file.rows;
    added_bytes += draft_.entries.front().file.size_bytes;
  }
  const std::int64_t delete_entries = deletes ? static_cast<std::int64_t>(draft_.entries.size()) : 0;
  set("added-data-files", static_cast<std::int64_t>(plan_.appended.size()));
  set("added-records", added_rows);
  set("deleted-data-files", static_cast<std::int64_t>(removed_.size()));
  set("deleted-records", removed_rows_);
  set("added-delete-files", delete_entries);
  set(base_.format_version >= 3 ? "added-dvs" : "added-position-delete-files", delete_entries);
  set("added-position-deletes", added_deletes);
  set("removed-delete-files", static_cast<std::int64_t>(removed_deletes_.size()));
  set(base_.format_version >= 3 ? "removed-dvs" : "removed-position-delete-files",
      static_cast<std::int64_t>(removed_deletes_.size()));
  set("removed-position-deletes", removed_delete_rows_);
  set("added-files-size", added_bytes);
  set("removed-files-size", removed_bytes_);

  std::int64_t files = 0, rows = 0, delete_files = 0, delete_rows = 0;
  for (const ManifestFile& line : *list_) {
    (line.deletes ? delete_files : files) += line.added_files + line.existing_files;
    (line.deletes ? delete_rows : rows) += line.added_rows + line.existing_rows;
  }
  summary["total-data-files"] = std::to_string(files);
  summary["total-records"] = std::to_string(rows);
  summary["total-delete-files"] = std::to_string(delete_files);
  summary["total-position-deletes"] = std::to_string(delete_rows);
  summary["total-equality-deletes"] = equality_total();
  std::int64_t size_before = 0;
  if (const SnapshotEntry* current = base_.current()) {
    const auto found = current->snapshot.summary.find("total-files-size");
    if (found != current->snapshot.summary.end()) size_before = std::atoll(found->second.c_str());
  }
  summary["total-files-size"] = std::to_string(size_before + added_bytes - removed_bytes_);
  if (const SnapshotEntry* current = base_.current(); current != nullptr && plan_.operation == "replace") {
    // The rows are the same, so what was said of them still holds, also when the snapshot that said it expires.
    for (const auto& [key, value] : current->snapshot.summary) {
      if (key.starts_with("millpond.")) summary[key] = value;
    }
  }
  for (const auto& [key, value] : plan_.summary) summary[key] = value;

  const bool removes = !removed_.empty() || !new_deletes_.empty();
  if (plan_.operation)
    snapshot_.operation = *plan_.operation;
  else if (!removes)
    snapshot_.operation = "append";
  else
    snapshot_.operation = plan_.appended.empty() ? "delete" : "overwrite";
}

void SnapshotBuilder::remember() const {
  for (const Manifest& manifest : manifests_) {
    if (!manifest.is_new) continue;
    auto entries = std::make_shared<ManifestEntries>(*manifest.entries);
    inherit(*entries, manifest.line);
    pond_.remember(manifest.line, std::move(entries));
  }
  pond_.remember(snapshot_.manifest_list, list_);
}

}  // namespace millpond::pond
