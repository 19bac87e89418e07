#include "pond/namespace_tables.h"

#include "pond/file_io.h"

namespace millpond::pond {

Result<std::vector<EntryName>> other_tables(const std::string& root) {
  std::vector<EntryName> names;
  auto store = RestStore::open(root);
  if (!store.ok() && store.status().code() == Code::kNotFound) return names;
  if (!store.ok()) return std::move(store).status();
  MP_ASSIGN(const auto spaces, (*store)->namespaces());
  for (const std::string& space : spaces) {
    if (space == "main") continue;
    MP_ASSIGN(const auto tables, (*store)->list(space, EntryKind::kTable));
    for (const std::string& name : tables) names.push_back({space, name});
  }
  return names;
}

Result<TableStatePtr> load_other(PondState& pond, const EntryName& name) {
  MP_ASSIGN(const auto store, RestStore::open(pond.root));
  const std::string full = name.name_space + "." + name.name;
  for (int attempt = 0;; ++attempt) {
    MP_ASSIGN(const auto entry, store->find(name));
    if (!entry || entry->kind != EntryKind::kTable) return not_found("no such table: ", full);
    const std::string path = pond.to_path(entry->metadata_location);
    const Result<std::string> text = read_file(path);
    // A commit may remove the file between the two reads: the catalog then names a newer one.
    if (!text.ok() && text.status().code() == Code::kNotFound && attempt < 3) continue;
    if (!text.ok()) return text.status();
    Result<TableMetadata> metadata = parse_metadata(*text);
    if (!metadata.ok()) return std::move(metadata).status().at(path);
    return make_state(full, entry->metadata_location, *std::move(metadata));
  }
}

Result<TableStatePtr> newest_version(PondState& pond, const TableState& known) {
  const std::size_t dot = known.name.rfind('.');
  if (dot == std::string::npos) return pond.load(known.name);
  return load_other(pond, {known.name.substr(0, dot), known.name.substr(dot + 1)});
}

}  // namespace millpond::pond
