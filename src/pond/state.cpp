#include "pond/state.h"

#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include <charconv>

#include "core/arrow_status.h"
#include "pond/deletes.h"
#include "pond/deletion_vector.h"
#include "pond/file_io.h"
#include "pond/input_file.h"
#include "pond/kept_file.h"
#include "pond/location.h"

namespace millpond::pond {
namespace {

// Errors about bytes from disk name their file.
template <class T>
Result<T> at_path(Result<T>&& result, const std::string& path) {
  if (result.ok()) return std::move(result);
  return std::move(result).status().at(path);
}

}  // namespace

std::string PondState::to_path(std::string_view uri) const { return path_of(uri, root, recorded_root); }
std::string PondState::to_uri(std::string_view path) const { return uri_of(path, root, recorded_root); }

Result<TableStatePtr> PondState::load(std::string_view table) {
  // A metadata file may be deleted between the two reads, by a commit elsewhere: the catalog then names a newer one.
  for (int attempt = 0;; ++attempt) {
    MP_ASSIGN(const std::optional<std::string> location, catalog->location(table));
    if (!location) { return not_found("no such table: ", table).hint("`millpond tables` lists those that there are."); }
    {
      const std::lock_guard lock(mutex_);
      const auto found = tables_.find(std::string(table));
      if (found != tables_.end() && found->second->metadata_location == *location) return found->second;
    }
    const std::string path = to_path(*location);
    Result<std::string> text = read_kept(local_folder, path);
    if (!text.ok() && text.status().code() == Code::kNotFound && attempt < 3) continue;
    if (!text.ok()) return std::move(text).status();
    MP_ASSIGN(TableMetadata metadata, at_path(parse_metadata(*text), path));
    TableStatePtr state = make_state(std::string(table), *location, std::move(metadata), branch);
    remember(state);
    return state;
  }
}

void PondState::remember(const TableStatePtr& state) {
  const std::lock_guard lock(mutex_);
  tables_[state->name] = state;
}

Result<ManifestListPtr> PondState::manifests(const Snapshot& snapshot) {
  if (auto cached = lists_.find(snapshot.manifest_list)) return cached;
  if (snapshot.manifest_list.ends_with('\n')) return listed_manifests(snapshot);
  const std::string path = to_path(snapshot.manifest_list);
  MP_ASSIGN(const std::string bytes, read_kept(local_folder, path));
  MP_ASSIGN(ManifestList list, at_path(parse_manifest_list(bytes), path));
  auto shared = std::make_shared<const ManifestList>(std::move(list));
  remember(snapshot.manifest_list, shared);
  return shared;
}

/// Version 1 without a manifest list: what a list would say of each manifest is counted.
Result<ManifestListPtr> PondState::listed_manifests(const Snapshot& snapshot) {
  auto list = std::make_shared<ManifestList>();
  for (std::size_t begin = 0, end = 0; begin < snapshot.manifest_list.size(); begin = end + 1) {
    end = snapshot.manifest_list.find('\n', begin);
    ManifestFile line;
    line.path = snapshot.manifest_list.substr(begin, end - begin);
    MP_ASSIGN(line.length, file_size(to_path(line.path)));
    line.snapshot_id = snapshot.id;
    MP_ASSIGN(const ManifestEntriesPtr read, entries(line));
    ManifestFile counted = describe(*read, false, snapshot.id, 0);
    counted.path = line.path;
    counted.length = line.length;
    list->push_back(std::move(counted));
  }
  remember(snapshot.manifest_list, list);
  return ManifestListPtr(std::move(list));
}

Result<ManifestEntriesPtr> PondState::entries(const ManifestFile& manifest) {
  const std::string key = manifest.cache_key();
  if (auto cached = manifests_.find(key)) return cached;
  const std::string path = to_path(manifest.path);
  MP_ASSIGN(const std::string bytes, read_kept(local_folder, path));
  MP_ASSIGN(ManifestEntries entries, at_path(parse_manifest(bytes, manifest), path));
  auto shared = std::make_shared<const ManifestEntries>(std::move(entries));
  remember(manifest, shared);
  return shared;
}

void PondState::remember(const std::string& list_path, ManifestListPtr list) {
  const auto cost = static_cast<std::int64_t>(list->size()) + 1;
  lists_.insert(list_path, std::move(list), cost);
}
void PondState::remember(const ManifestFile& manifest, ManifestEntriesPtr entries) {
  const auto cost = static_cast<std::int64_t>(entries->size()) + 1;
  manifests_.insert(manifest.cache_key(), std::move(entries), cost);
}

Result<std::shared_ptr<const DeletesByFile>> PondState::deletes(const ManifestEntry& delete_file) {
  const std::string key = delete_file.key();
  if (auto cached = deletes_.find(key)) return cached;
  DeletesByFile read;
  if (delete_file.is_vector()) {
    MP_ASSIGN(Positions positions, read_vector(to_path(delete_file.file.path), delete_file));
    read[delete_file.referenced_data_file] = std::make_shared<const Positions>(std::move(positions));
  } else if (delete_file.format == "PARQUET" || delete_file.format == "parquet") {
    MP_ASSIGN(read, read_delete_file(to_path(delete_file.file.path)));
  } else {
    return unsupported("delete files of the format ", delete_file.format, ": ", delete_file.file.path);
  }
  auto shared = std::make_shared<const DeletesByFile>(std::move(read));
  deletes_.insert(key, shared, delete_file.file.rows + 1);
  return shared;
}

Result<std::shared_ptr<parquet::FileMetaData>> PondState::footer(const std::string& path) {
  if (auto cached = footers_.find(path)) return std::const_pointer_cast<parquet::FileMetaData>(cached);
  try {
    auto file = open_input(path);
    if (!file.ok()) return std::move(file).status().at(path);
    std::shared_ptr<parquet::FileMetaData> footer = parquet::ReadMetaData(*file);
    footers_.insert(path, footer, 1);
    return footer;
  } catch (const std::exception& problem) {
    return corrupt("not a readable Parquet file: ", path, ": ", problem.what());
  }
}

TableStatePtr make_state(std::string name, std::string metadata_location, TableMetadata metadata,
                         const std::string& branch) {
  auto state = std::make_shared<TableState>();
  state->name = std::move(name);
  state->version = version_of(metadata_location);
  state->metadata_location = std::move(metadata_location);
  state->metadata = std::move(metadata);
  state->view = enter_branch(state->metadata, branch);
  state->schema = without_ids(state->metadata.schema());
  state->arrow_schema = arrow_columns(state->metadata.schema().fields);
  return state;
}

std::int64_t version_of(std::string_view location) {
  location.remove_prefix(location.rfind('/') + 1);
  std::int64_t version = 0;
  std::from_chars(location.data(), location.data() + location.size(), version);
  return version < 0 ? 0 : version;
}

}  // namespace millpond::pond
