#include "pond/rest_tables.h"

#include <filesystem>

#include "pond/file_io.h"
#include "pond/object/object_settings.h"
#include "pond/rest_step.h"
#include "pond/rest_updates.h"
#include "pond/rest_view.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kCacheBytes = 256 << 20, kCacheEntries = 256;

std::string folder_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    out += plain ? c : '_';
  }
  return out.substr(0, 100);
}

}  // namespace

RestTables::RestTables(std::unique_ptr<RestStore> store, std::vector<std::string> locations)
    : store_(std::move(store)) {
  for (const std::string& location : locations) {
    std::string path = store_->to_path(location);
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    locations_.push_back(std::move(path));
  }
}

Status RestTables::not_there(const EntryName& name, EntryKind kind) const {
  return not_found(kind == EntryKind::kView ? "View" : "Table", " does not exist: ", name.name_space, ".", name.name);
}

Status RestTables::taken(const EntryName& name, EntryKind there) const {
  return error(Code::kAlreadyExists, there == EntryKind::kView ? "View" : "Table",
               " with same name already exists: ", name.name_space, ".", name.name);
}

// The name alone would do, but a table that is renamed keeps its folder, and the next of that name must not share it.
std::string RestTables::default_location(const EntryName& name) const {
  std::string path = store_->root();
  if (name.name_space == "main") {
    path += "/tables/";
  } else {
    path += "/namespaces/";
    for (const std::string& level : namespace_levels(name.name_space)) path += folder_name(level) + "/";
  }
  return store_->to_uri(path + folder_name(name.name) + "-" + new_uuid().substr(0, 8));
}

Status RestTables::check_location(const std::string& location) const {
  const std::size_t colon = location.find(':');
  const std::string path = store_->to_path(location);
  const bool object = is_object(path);
  if (colon != std::string::npos && location.substr(0, colon) != "file" && !object) {
    return unsupported("only places in the file system and in object stores are served: ", location);
  }
  // Names of objects are taken as they are; only in the file system do dots lead elsewhere.
  const auto normal = object ? path : std::filesystem::path(path).lexically_normal().string();
  const bool dots = path.find("/../") != std::string::npos || path.ends_with("/..");
  const bool allowed = (path.starts_with('/') || object) && !dots;
  bool below = lies_below(normal, store_->root());
  for (const std::string& prefix : locations_) below = below || lies_below(normal, prefix);
  if (allowed && below) return {};
  return error(Code::kPermissionDenied, "a table must lie in the pond or in an allowed place, not in ", location)
      .hint("`millpond serve --locations PREFIX` allows more places.");
}

Result<LoadedEntry> RestTables::read(const std::string& metadata_location) {
  {
    const std::lock_guard lock(mutex_);
    for (auto it = cache_.begin(); it != cache_.end(); ++it) {
      if (it->metadata_location != metadata_location) continue;
      cache_.splice(cache_.begin(), cache_, it);
      return *it;
    }
  }
  const std::string path = store_->to_path(metadata_location);
  MP_ASSIGN(std::string text, read_file(path));
  auto document = parse_document(text);
  if (!document.ok()) return corrupt(path, ": ", document.status().message());
  if (!document->is_object()) return corrupt(path, ": not metadata");
  LoadedEntry entry{metadata_location, std::make_shared<const std::string>(std::move(text)),
                    std::make_shared<const Document>(*std::move(document))};
  remember(entry);
  return entry;
}

void RestTables::remember(const LoadedEntry& entry) {
  const std::lock_guard lock(mutex_);
  cache_.push_front(entry);
  cache_bytes_ += entry.text->size();
  while (cache_.size() > 1 && (cache_.size() > kCacheEntries || cache_bytes_ > kCacheBytes)) {
    cache_bytes_ -= cache_.back().text->size();
    cache_.pop_back();
  }
}

Result<LoadedEntry> RestTables::load(const EntryName& name, EntryKind kind) {
  // A metadata file may be deleted between the two reads, by a commit elsewhere: the catalog then names a newer one.
  for (int attempt = 0;; ++attempt) {
    MP_ASSIGN(const auto entry, store_->find(name));
    if (!entry || entry->kind != kind) return not_there(name, kind);
    Result<LoadedEntry> loaded = read(entry->metadata_location);
    if (!loaded.ok() && loaded.status().code() == Code::kNotFound) {
      if (attempt < 3) continue;
      return corrupt("metadata file is missing: ", entry->metadata_location);
    }
    return loaded;
  }
}

Result<LoadedEntry> RestTables::create(const EntryName& name, EntryKind kind, Document metadata, AnswerNotes notes) {
  MP_ASSIGN(const bool has_namespace, store_->has_namespace(name.name_space));
  if (!has_namespace) return not_found("Namespace does not exist: ", name.name_space);
  MP_ASSIGN(const auto there, store_->find(name));
  if (there) {
    if (there->kind != kind) return taken(name, there->kind);
    return error(Code::kAlreadyExists, kind == EntryKind::kView ? "View" : "Table",
                 " already exists: ", name.name_space, ".", name.name);
  }
  Step step;
  step.name = name;
  step.kind = kind;
  step.next = std::move(metadata);
  std::vector<std::string> written;
  Status done = write(step, written);
  if (done.ok()) done = sync_files(written);
  if (done.ok()) {
    for (AnswerNote& note : notes) note.location = step.location;
    auto lost = store_->swap({{name, kind, std::nullopt, step.location}}, notes);
    if (!lost.ok()) {
      if (lost.status().code() == Code::kInternal) return std::move(lost).status();
      done = std::move(lost).status();
    } else if (!lost->empty()) {
      done = error(Code::kAlreadyExists, "Table already exists: ", name.name_space, ".", name.name);
    }
  }
  if (!done.ok()) {
    for (const std::string& path : written) (void)remove_file(path);
    return done;
  }
  settle(step);
  return LoadedEntry{step.location, step.text, step.document};
}

Status RestTables::drop(const EntryName& name, EntryKind kind, bool purge, const AnswerNotes& notes) {
  std::string location;
  for (;;) {
    MP_ASSIGN(const auto entry, store_->find(name));
    if (!entry || entry->kind != kind) return not_there(name, kind);
    if (purge) {
      auto loaded = read(entry->metadata_location);  // a table whose metadata is lost can still be dropped
      if (loaded.ok()) location = loaded->document->value("location", "");
    }
    MP_ASSIGN(const auto lost, store_->swap({{name, kind, entry->metadata_location, std::nullopt}}, notes));
    if (lost.empty()) break;
  }
  if (location.empty() || !check_location(location).ok()) return {};
  const std::string folder = store_->to_path(location);
  MP_ASSIGN(const auto others, store_->all_locations());
  for (const std::string& other : others) {
    if (lies_below(store_->to_path(other), folder)) return {};
  }
  for (const char* part : {"/data", "/metadata"}) { MP_TRY(remove_folder(folder + part)); }
  std::error_code not_empty;
  if (!is_object(folder)) std::filesystem::remove(folder, not_empty);
  return {};
}

Result<LoadedEntry> RestTables::adopt(const EntryName& name, const std::string& metadata_location, bool overwrite,
                                      AnswerNotes notes) {
  for (AnswerNote& note : notes) note.location = metadata_location;
  MP_TRY(check_location(metadata_location));
  MP_ASSIGN(const bool has_namespace, store_->has_namespace(name.name_space));
  if (!has_namespace) return not_found("Namespace does not exist: ", name.name_space);
  for (;;) {
    MP_ASSIGN(const auto there, store_->find(name));
    if (there && there->kind != EntryKind::kTable) return taken(name, there->kind);
    if (there && !overwrite) {
      return error(Code::kAlreadyExists, "Table already exists: ", name.name_space, ".", name.name);
    }
    auto loaded = read(metadata_location);
    if (!loaded.ok()) return invalid("cannot read the metadata: ", loaded.status().message());
    for (const char* key : {"format-version", "location", "table-uuid"}) {
      if (!loaded->document->contains(key)) return invalid("not the metadata of a table: ", metadata_location);
    }
    MP_TRY(check_location(loaded->document->value("location", "")));
    std::optional<std::string> expected;
    if (there) expected = there->metadata_location;
    MP_ASSIGN(const auto lost, store_->swap({{name, EntryKind::kTable, expected, metadata_location}}, notes));
    if (lost.empty()) return loaded;
  }
}

}  // namespace millpond::pond
