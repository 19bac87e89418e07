#include "pond/snapshot_builder.h"

#include <algorithm>
#include <limits>

#include "pond/deletes.h"
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
  MP_ASSIGN(const DeletesByFile now, deleted_positions(pond_, live_.deletes, &paths));
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
      else if (!fresh.empty())
        new_deletes_[path] = std::make_shared<const Positions>(std::move(fresh));
    }
  }
  gather_dead_deletes();
  const auto left = static_cast<std::int64_t>(live_.deletes.size() - removed_deletes_.size());
  if (new_deletes_.empty() || left < kDeleteFilesMax) return {};
  // Fold what the old delete files say about live data into the new one.
  MP_ASSIGN(const DeletesByFile all, deleted_positions(pond_, live_.deletes, nullptr));
  for (const auto& [path, positions] : all) {
    if (removed_.contains(path) || !data_by_path_.contains(path)) continue;
    PositionsPtr& merged = new_deletes_[path];
    merged = merged ? std::make_shared<const Positions>(merged->united(*positions)) : positions;
  }
  for (const LiveEntry& item : live_.deletes) removed_deletes_.insert(item.entry->file.path);
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
    removed_deletes_.insert(item.entry->file.path);
  }
}

SnapshotBuilder::Manifest SnapshotBuilder::manifest_of(ManifestEntries entries, bool deletes) const {
  Manifest out;
  out.line = describe(entries, deletes, snapshot_.id, snapshot_.sequence_number);
  out.line.spec_id = base_.default_spec_id;
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
      return entry.status != EntryStatus::kDeleted && gone.contains(entry.file.path);
    });
    if (!touched) {
      manifests_.push_back({line, old, false});
      continue;
    }
    ManifestEntries entries;
    for (const ManifestEntry& entry : *old) {
      if (entry.status == EntryStatus::kDeleted) continue;
      ManifestEntry kept = entry;
      kept.status = gone.contains(entry.file.path) ? EntryStatus::kDeleted : EntryStatus::kExisting;
      if (kept.status == EntryStatus::kDeleted) {
        kept.snapshot_id = snapshot_.id;
        removed_bytes_ += entry.file.size_bytes;
        (line.deletes ? removed_delete_rows_ : removed_rows_) += entry.file.rows;
      }
      entries.push_back(std::move(kept));
    }
    manifests_.push_back(manifest_of(std::move(entries), line.deletes));
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
    manifests_.push_back(manifest_of(std::move(entries), false));
  }
  if (new_deletes_.empty()) return {};
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first && *a.second == *b.second; };
  const bool reusable = draft_.entry && std::equal(draft_.content.begin(), draft_.content.end(), new_deletes_.begin(),
                                                   new_deletes_.end(), same);
  if (!reusable) {
    if (draft_.entry) (void)remove_file(pond_.to_path(draft_.entry->file.path));
    draft_.entry.reset();
    const std::string path = pond_.to_path(base_.location) + "/data/" + new_uuid() + "-deletes.parquet";
    MP_ASSIGN(draft_.entry, write_delete_file(path, pond_.to_uri(path), new_deletes_));
    draft_.content = new_deletes_;
  }
  draft_.entry->snapshot_id = snapshot_.id;
  manifests_.push_back(manifest_of({*draft_.entry}, true));
  return {};
}

/// Merges small manifests with those of their own size, like a log-structured tree: a file is rewritten once for each
/// tier, not at every merge, so that commits stay equally quick while the table grows.
Status SnapshotBuilder::merge_small_manifests(bool deletes) {
  const std::int64_t target_bytes = base_.property("commit.manifest.target-size-bytes", kManifestBytes);
  const std::int64_t fan_in =
      std::max<std::int64_t>(2, base_.property("commit.manifest.min-count-to-merge", kManifestsToMerge));
  if (!base_.flag("commit.manifest-merge.enabled", true) && !plan_.merge_manifests) return {};
  const auto files = [](const Manifest& manifest) { return manifest.line.added_files + manifest.line.existing_files; };
  std::int64_t largest = 0;
  for (const Manifest& manifest : manifests_) largest = std::max(largest, files(manifest));
  for (std::int64_t below = fan_in;; below *= fan_in) {
    const auto belongs = [&](const Manifest& manifest) {
      return manifest.line.deletes == deletes && manifest.line.length < target_bytes &&
             manifest.line.spec_id == base_.default_spec_id && (plan_.merge_manifests || files(manifest) < below);
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
  kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(place), manifest_of(std::move(merged), deletes));
  manifests_ = std::move(kept);
  return {};
}

Status SnapshotBuilder::write_manifests() {
  const std::string folder = pond_.to_path(base_.location) + "/metadata/";
  const std::string uuid = new_uuid();
  auto list = std::make_shared<ManifestList>();
  int number = 0;
  for (Manifest& manifest : manifests_) {
    if (manifest.is_new) {
      const std::string path = folder + uuid + "-m" + std::to_string(number++) + ".avro";
      const std::string bytes = serialise_manifest(*manifest.entries, base_, manifest.line.deletes);
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
  MP_TRY(write_file(path, serialise_manifest_list(*list, snapshot_)));
  written_.push_back(path);
  snapshot_.manifest_list = pond_.to_uri(path);
  return {};
}

void SnapshotBuilder::summarise() {
  std::map<std::string, std::string>& summary = snapshot_.summary;
  const auto set = [&](const char* key, std::int64_t value) {
    if (value != 0) summary[key] = std::to_string(value);
  };
  std::int64_t added_rows = 0, added_bytes = 0, added_deletes = 0;
  for (const AppendedFile& appended : plan_.appended)
    added_rows += appended.file.rows, added_bytes += appended.file.size_bytes;
  if (!new_deletes_.empty()) added_deletes = draft_.entry->file.rows, added_bytes += draft_.entry->file.size_bytes;
  set("added-data-files", static_cast<std::int64_t>(plan_.appended.size()));
  set("added-records", added_rows);
  set("deleted-data-files", static_cast<std::int64_t>(removed_.size()));
  set("deleted-records", removed_rows_);
  set("added-delete-files", new_deletes_.empty() ? 0 : 1);
  set("added-position-delete-files", new_deletes_.empty() ? 0 : 1);
  set("added-position-deletes", added_deletes);
  set("removed-delete-files", static_cast<std::int64_t>(removed_deletes_.size()));
  set("removed-position-delete-files", static_cast<std::int64_t>(removed_deletes_.size()));
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
  summary["total-equality-deletes"] = "0";
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
    for (ManifestEntry& entry : *entries) inherit(entry, manifest.line);
    pond_.remember(manifest.line.path, std::move(entries));
  }
  pond_.remember(snapshot_.manifest_list, list_);
}

}  // namespace millpond::pond
