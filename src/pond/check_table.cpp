#include "pond/check_table.h"

#include <arrow/record_batch.h>
#include <parquet/metadata.h>

#include <algorithm>

namespace millpond::pond {

using Kind = Problem::Kind;

Problem& TableCheck::add(Kind kind, const std::string& path, std::string what, bool current) {
  const std::string place = path.empty() ? path : pond_->to_path(path);
  // The path stands beside the message, which is one line.
  if (const auto at = what.find(place + ": "); !place.empty() && at != std::string::npos)
    what.erase(at, place.size() + 2);
  while (!what.empty() && what.back() == '\n') what.pop_back();
  std::replace(what.begin(), what.end(), '\n', ' ');
  problems_.push_back(
      {.kind = kind, .table = table_->name, .path = place, .what = std::move(what), .current = current});
  return problems_.back();
}

void TableCheck::count(CheckReport& report) const {
  report.snapshots += snapshots_;
  report.files += files_;
  report.rows += rows_;
  report.size_bytes += size_bytes_;
}

Status TableCheck::run() {
  const TableMetadata& metadata = table_->metadata;
  context_.progress().begin("check of " + table_->name, 0);
  check_refs();
  // What the current snapshot needs is marked so: it is looked at first.
  if (const SnapshotEntry* current = metadata.current()) MP_TRY(check_snapshot(current->snapshot, true));
  for (const SnapshotEntryPtr& entry : metadata.snapshots) {
    if (entry->snapshot.id != metadata.current_snapshot_id) MP_TRY(check_snapshot(entry->snapshot, false));
  }
  // What is needed can only be told where every manifest can be read.
  context_.progress().end();
  return problems_.empty() ? find_orphan_files() : Status();
}

void TableCheck::check_refs() {
  const TableMetadata& metadata = table_->metadata;
  if (metadata.current_snapshot_id && metadata.current() == nullptr) {
    add(Kind::kRef, "", "the current snapshot is not in the metadata: " + std::to_string(*metadata.current_snapshot_id),
        true);
  }
  for (const auto& [name, ref] : metadata.refs) {
    if (metadata.find_snapshot(ref.snapshot_id) != nullptr) continue;
    add(Kind::kRef, "", "no snapshot for the branch or tag: " + name, name == "main");
  }
}

Status TableCheck::check_snapshot(const Snapshot& snapshot, bool current) {
  MP_TRY(context_.check());
  ++snapshots_;
  const auto list = pond_->manifests(snapshot);
  if (!list.ok()) {
    add(Kind::kSnapshot, snapshot.manifest_list, list.status().message(), current);
    return {};
  }
  std::int64_t files = 0;
  for (const ManifestFile& manifest : **list) {
    if (!manifest.deletes) files += manifest.added_files + manifest.existing_files;
    MP_TRY(check_manifest(manifest, current));
  }
  const auto said = snapshot.summary.find("total-data-files");
  if (said != snapshot.summary.end() && said->second != std::to_string(files)) {
    add(Kind::kSnapshot, snapshot.manifest_list,
        "the snapshot says " + said->second + " data files, its manifests " + std::to_string(files), current);
  }
  return {};
}

Status TableCheck::check_manifest(const ManifestFile& manifest, bool current) {
  if (!seen_.insert(manifest.cache_key()).second) return {};
  ++files_;
  const auto size = file_size(pond_->to_path(manifest.path));
  const auto entries = pond_->entries(manifest);
  if (!entries.ok()) {
    add(Kind::kManifest, manifest.path, entries.status().message(), current);
    return {};
  }
  if (size.ok() && *size != manifest.length) {
    add(Kind::kManifest, manifest.path,
        "has " + std::to_string(*size) + " bytes, its list says " + std::to_string(manifest.length), current);
  }
  const ManifestFile counted = describe(**entries, manifest.deletes, manifest.snapshot_id, manifest.sequence_number);
  if (counted.added_files != manifest.added_files || counted.existing_files != manifest.existing_files ||
      counted.added_rows != manifest.added_rows || counted.existing_rows != manifest.existing_rows) {
    add(Kind::kManifest, manifest.path, "counts other files or rows than its list says", current);
  }
  for (const ManifestEntry& entry : **entries) {
    if (entry.status != EntryStatus::kDeleted) MP_TRY(check_entry(entry, current));
  }
  return {};
}

Status TableCheck::check_entry(const ManifestEntry& entry, bool current) {
  if (!seen_.insert(entry.key()).second) return {};
  MP_TRY(context_.check());
  ++files_;
  const bool data = entry.content == FileContent::kData;
  const Kind kind = data ? Kind::kDataFile : Kind::kDeleteFile;
  const auto size = file_size(pond_->to_path(entry.file.path));
  if (!size.ok()) {
    add(kind, entry.file.path, size.status().message(), current);
    return {};
  }
  size_bytes_ += *size;
  if (*size != entry.file.size_bytes) {
    add(kind, entry.file.path,
        "has " + std::to_string(*size) + " bytes, its manifest says " + std::to_string(entry.file.size_bytes), current);
    return {};
  }
  Status status;
  if (data)
    status = check_data(entry.file);
  else if (entry.content == FileContent::kPositionDeletes && options_.content)
    status = pond_->deletes(entry).status();
  if (status.ok()) return {};
  if (status.code() == Code::kCancelled || status.code() == Code::kDeadlineExceeded) return status;
  add(kind, entry.file.path, status.message(), current);
  return {};
}

Status TableCheck::check_data(const DataFile& file) {
  rows_ += file.rows;
  MP_ASSIGN(const auto footer, pond_->footer(pond_->to_path(file.path)));
  if (footer->num_rows() != file.rows) {
    return corrupt("has ", footer->num_rows(), " rows, its manifest says ", file.rows);
  }
  return options_.content ? check_rows(file) : Status();
}

/// Decodes every page, whose checksums the reader compares.
Status TableCheck::check_rows(const DataFile& file) {
  const Table table(pond_, table_);
  const FilePart whole{.file = file};
  ReadOptions read;
  read.threads = 1;
  MP_ASSIGN(const auto stream, table.read(std::span(&whole, 1), read, context_));
  std::int64_t rows = 0;
  while (true) {
    MP_TRY(context_.check());
    MP_ASSIGN(const std::optional<Batch> batch, stream->next(context_));
    if (!batch) break;
    rows += (*batch)->num_rows();
    context_.progress().advance((*batch)->num_rows(), 0);
  }
  return rows == file.rows ? Status() : corrupt("gives ", rows, " rows, its manifest says ", file.rows);
}

Status TableCheck::find_orphan_files() {
  MP_ASSIGN(const auto orphans, find_orphans(Table(pond_, table_), options_.orphan_grace, context_));
  for (const FileEntry& file : orphans) {
    add(Kind::kOrphan, "", std::to_string(file.size_bytes) + " bytes that nothing names", false).path = file.path;
  }
  return {};
}

}  // namespace millpond::pond
