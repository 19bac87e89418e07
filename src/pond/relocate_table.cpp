#include "pond/relocate_table.h"

#include <algorithm>

#include "pond/deletes.h"
#include "pond/deletion_vector.h"
#include "pond/file_io.h"
#include "pond/location.h"
#include "pond/object/object_settings.h"

namespace millpond::pond {
namespace {

/// The path in a name, and how much of the name stands before it.
std::pair<std::string_view, std::size_t> path_in(std::string_view name) {
  std::size_t at = 0;
  if (name.starts_with("file://"))
    at = 7;
  else if (name.starts_with("file:"))
    at = 5;
  return {name.substr(at), at};
}

}  // namespace

std::string uri_of_path(const std::string& path) { return is_object(path) ? path : "file://" + path; }

bool Places::is_old(std::string_view name) const {
  return is_object(from) ? lies_below(path_of(name, "", ""), from) : lies_below(path_in(name).first, from);
}

std::string Places::moved(const std::string& name) const {
  if (!is_old(name)) return name;
  if (is_object(from)) return to + path_of(name, "", "").substr(from.size());
  const auto [path, start] = path_in(name);
  return name.substr(0, start) + to + std::string(path.substr(from.size()));
}

void move_names(Document& value, const Places& places) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    if (places.is_old(text)) value = places.moved(text);
    return;
  }
  if (!value.is_structured()) return;
  for (Document& member : value) move_names(member, places);  // documents are no deeper than 200
}

Result<Document> TableRelocation::run(const Document& doc, std::string_view text) {
  MP_ASSIGN(table_, parse_metadata(text));
  if (table_.format_version < 2) {
    return unsupported("a table of format version 1 cannot be relocated")
        .hint("Set its property format-version to 2 first.");
  }
  std::map<std::int64_t, std::string> lists;
  for (const SnapshotEntryPtr& entry : table_.snapshots) {
    MP_TRY(context_.check());
    MP_ASSIGN(lists[entry->snapshot.id], move_list(entry->snapshot));
  }
  Document next = doc;
  // Older metadata files name the old place; a reader of the log would follow them there.
  next["metadata-log"] = Document::array();
  move_names(next, places_);
  for (Document& snapshot : next["snapshots"]) {
    snapshot["manifest-list"] = lists[snapshot.at("snapshot-id").get<std::int64_t>()];
  }
  return next;
}

std::string TableRelocation::new_path(const std::string& old_uri, std::string_view ending) const {
  // Another table's files stay as they are; what is written in their place goes to this table's folder.
  const std::string path =
      places_.is_old(old_uri) ? pond_.to_path(old_uri) : pond_.to_path(table_.location) + "/metadata/";
  return path.substr(0, path.rfind('/') + 1) + new_uuid() + std::string(ending);
}

Status TableRelocation::write(const std::string& path, const std::string& bytes) {
  written_.push_back(path);
  return write_file(path, bytes);
}

Result<std::string> TableRelocation::move_list(const Snapshot& snapshot) {
  MP_ASSIGN(const ManifestListPtr lines, pond_.manifests(snapshot));
  ManifestList moved;
  for (const ManifestFile& line : *lines) {
    MP_ASSIGN(ManifestFile one, move_manifest(line));
    moved.push_back(std::move(one));
  }
  const std::string path = new_path(snapshot.manifest_list, "-snap-" + std::to_string(snapshot.id) + ".avro");
  MP_TRY(write(path, serialise_manifest_list(moved, snapshot, table_)));
  return uri_of_path(path);
}

Result<ManifestFile> TableRelocation::move_manifest(const ManifestFile& line) {
  const std::string key = line.cache_key();
  const auto known = manifests_.find(key);
  if (known != manifests_.end()) {
    ManifestFile again = line;
    again.path = known->second.path;
    again.length = known->second.length;
    return again;
  }
  MP_ASSIGN(const ManifestEntriesPtr old, pond_.entries(line));
  if (!places_.is_old(line.path)) {
    MP_ASSIGN(const bool names, names_old_files(*old));
    if (!names) return line;
  }
  ManifestEntries entries = *old;
  for (ManifestEntry& entry : entries) MP_TRY(move_entry(entry));
  const std::string path = new_path(line.path, "-m.avro");
  const std::string bytes = serialise_manifest(entries, table_, line.spec_id, line.deletes);
  MP_TRY(write(path, bytes));
  ManifestFile moved = line;
  moved.path = uri_of_path(path);
  moved.length = static_cast<std::int64_t>(bytes.size());
  manifests_[key] = moved;
  return moved;
}

/// Whether the file is, or concerns, a file of the old place.
Result<bool> TableRelocation::concerns_old_files(const ManifestEntry& entry) {
  if (places_.is_old(entry.file.path) || places_.is_old(entry.referenced_data_file)) return true;
  if (entry.content != FileContent::kPositionDeletes || entry.is_vector()) return false;
  if (entry.status == EntryStatus::kDeleted) return false;
  MP_ASSIGN(const auto deletes, pond_.deletes(entry));
  return std::any_of(deletes->begin(), deletes->end(), [&](const auto& each) { return places_.is_old(each.first); });
}

Result<bool> TableRelocation::names_old_files(const ManifestEntries& entries) {
  for (const ManifestEntry& entry : entries) {
    MP_ASSIGN(const bool concerns, concerns_old_files(entry));
    if (concerns) return true;
  }
  return false;
}

Status TableRelocation::move_entry(ManifestEntry& entry) {
  MP_ASSIGN(const bool concerns, concerns_old_files(entry));
  if (!concerns) return {};
  const bool positions = entry.content == FileContent::kPositionDeletes && entry.status != EntryStatus::kDeleted;
  if (!positions) {
    entry.file.path = places_.moved(entry.file.path);
    entry.referenced_data_file = places_.moved(entry.referenced_data_file);
    return {};
  }
  const std::string key = entry.key();
  if (!deletes_.contains(key)) {
    if (entry.is_vector()) {
      const std::string old = entry.file.path;
      MP_TRY(rewrite_vectors(old, entry));
    } else {
      MP_ASSIGN(deletes_[key], rewrite_positions(entry));
    }
  }
  const ManifestEntry& made = deletes_.at(key);
  ManifestEntry moved = entry;
  moved.file.path = made.file.path;
  moved.file.size_bytes = made.file.size_bytes;
  moved.file.metrics = made.file.metrics;
  moved.file.split_offsets = made.file.split_offsets;
  moved.referenced_data_file = made.referenced_data_file;
  moved.blob_offset = made.blob_offset;
  moved.blob_size = made.blob_size;
  entry = std::move(moved);
  return {};
}

Result<ManifestEntry> TableRelocation::rewrite_positions(const ManifestEntry& entry) {
  MP_ASSIGN(const auto old, pond_.deletes(entry));
  std::map<std::string, PositionsPtr> moved;
  for (const auto& [path, positions] : *old) moved[places_.moved(path)] = positions;
  if (moved.empty()) return corrupt("a delete file without rows: ", entry.file.path);
  const std::string path = new_path(entry.file.path, "-deletes.parquet");
  written_.push_back(path);
  MP_ASSIGN(ManifestEntry made, write_delete_file(path, uri_of_path(path), moved));
  if (entry.referenced_data_file.empty()) made.referenced_data_file.clear();
  return made;
}

/// A vector gets a file of its own: others in its old file may belong to snapshots that are gone.
Status TableRelocation::rewrite_vectors(const std::string& file, ManifestEntry& entry) {
  MP_ASSIGN(Positions positions, read_vector(pond_.to_path(file), entry));
  const std::string path = new_path(file, "-deletes.puffin");
  written_.push_back(path);
  const std::map<std::string, PositionsPtr> one = {
      {places_.moved(entry.referenced_data_file), std::make_shared<const Positions>(std::move(positions))}};
  MP_ASSIGN(ManifestEntries made, write_vectors(path, uri_of_path(path), one));
  deletes_[entry.key()] = std::move(made.front());
  return {};
}

}  // namespace millpond::pond
