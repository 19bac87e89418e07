#include "millpond/pond/pond.h"

#include <climits>
#include <cstdlib>
#include <filesystem>

#include "pond/file_io.h"
#include "pond/foreign/foreign_catalog.h"
#include "pond/history.h"
#include "pond/local_folder.h"
#include "pond/metadata_writer.h"
#include "pond/new_table.h"
#include "pond/object/object_catalog.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

Result<std::string> absolute(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return os_error(errno, "open pond", path);
  return std::string(resolved);
}

std::string catalog_path(const std::string& root) { return root + "/catalog.db"; }

/// Of a pond in an object store, without its catalog.
Result<std::shared_ptr<PondState>> object_state(const std::string& path) {
  MP_ASSIGN(ObjectPath at, parse_object_path(path));
  while (at.key.ends_with('/')) at.key.pop_back();
  auto state = std::make_shared<PondState>();
  state->root = object_uri(at);
  if (at.key.empty()) state->root.pop_back();
  MP_ASSIGN(state->local_folder, local_folder_of(state->root));
  return state;
}

}  // namespace

Pond::~Pond() = default;

Result<std::shared_ptr<Pond>> Pond::init(const std::string& path) {
  MP_TRY(check_scheme(path));
  if (is_object(path)) {
    MP_ASSIGN(auto state, object_state(path));
    MP_ASSIGN(state->catalog, ObjectCatalog::create(state->root));
    state->recorded_root = state->root;
    return std::make_shared<Pond>(std::move(state));
  }
  MP_TRY(make_directories(path));
  auto state = std::make_shared<PondState>();
  MP_ASSIGN(state->root, absolute(path));
  state->recorded_root = state->local_folder = state->root;
  MP_TRY(make_directories(state->root + "/tables"));
  MP_TRY(make_directories(state->root + "/blobs"));
  MP_ASSIGN(state->catalog, SqliteCatalog::create(catalog_path(state->root), state->root));
  MP_TRY(sync_directory(state->root));
  MP_TRY(sync_directory(std::filesystem::path(state->root).parent_path().string()));
  return std::make_shared<Pond>(std::move(state));
}

Result<std::shared_ptr<Pond>> open_foreign(const std::string& folder, const CatalogOptions& options) {
  MP_TRY(make_directories(folder));
  auto state = std::make_shared<PondState>();
  MP_ASSIGN(state->root, absolute(folder));
  state->local_folder = state->recorded_root = state->root;
  MP_ASSIGN(state->catalog, ForeignCatalog::open(options));
  return std::make_shared<Pond>(std::move(state));
}

Result<std::shared_ptr<Pond>> Pond::open(const std::string& path) {
  MP_ASSIGN(auto state, open_state(path));
  return std::make_shared<Pond>(std::move(state));
}

Result<std::shared_ptr<PondState>> open_state(const std::string& path) {
  MP_TRY(check_scheme(path));
  if (is_object(path)) {
    MP_ASSIGN(auto state, object_state(path));
    auto catalog = ObjectCatalog::open(state->root);
    if (!catalog.ok()) {
      const bool none = catalog.status().code() == Code::kNotFound && catalog.status().hint().empty();
      return none ? std::move(catalog).status().hint("`millpond init --pond " + path + "` makes one.")
                  : std::move(catalog).status();
    }
    state->catalog = *std::move(catalog);
    state->recorded_root = state->catalog->recorded_root();
    return state;
  }
  std::error_code failed;
  if (!std::filesystem::exists(catalog_path(path), failed)) {
    return not_found("no pond here: ", path).hint("`millpond init` makes one; `--pond PATH` names another.");
  }
  auto state = std::make_shared<PondState>();
  MP_ASSIGN(state->root, absolute(path));
  MP_ASSIGN(state->catalog, SqliteCatalog::open(catalog_path(state->root)));
  state->local_folder = state->root;
  state->recorded_root = state->catalog->recorded_root().empty() ? state->root : state->catalog->recorded_root();
  return state;
}

const std::string& Pond::root() const { return state_->root; }
const std::string& Pond::local_folder() const { return state_->local_folder; }

Result<std::vector<std::string>> Pond::tables() const { return state_->catalog->tables(); }

Result<bool> Pond::has_table(std::string_view name) const {
  MP_ASSIGN(const auto location, state_->catalog->location(name));
  return location.has_value();
}

Result<Table> Pond::table(std::string_view name) const {
  MP_ASSIGN(TableStatePtr state, state_->load(name));
  return Table(state_, std::move(state));
}

Result<Table> Pond::create_table(std::string_view name, const Schema& schema,
                                 const std::map<std::string, std::string>& properties) {
  MP_TRY(check_table_name(name));
  if (schema.empty()) return invalid("a table needs at least one column: ", name);
  MP_ASSIGN(const bool exists, has_table(name));
  if (exists) return error(Code::kAlreadyExists, "table exists already: ", name);
  const std::string folder = state_->root + "/tables/" + std::string(name);
  // The defaults of the format would let small commits pile up old metadata files and snapshots without bound.
  std::map<std::string, std::string> all = {{"write.metadata.delete-after-commit.enabled", "true"},
                                            {"write.metadata.previous-versions-max", "100"},
                                            {kSnapshotsMaxKey, "250"},
                                            {kSnapshotsMinKey, "100"},
                                            {kSnapshotAgeKey, "432000000"},
                                            {"write.parquet.compression-codec", "zstd"}};
  for (const auto& [key, value] : properties) all[key] = value;
  MP_ASSIGN(TableMetadata metadata, new_metadata(schema, state_->to_uri(folder), std::move(all)));
  if (auto* writer = dynamic_cast<MetadataWriter*>(state_->catalog.get())) {
    MP_TRY(writer->create(name, metadata));
    MP_ASSIGN(Table made, table(name));
    for (const char* part : {"/metadata", "/data"}) MP_TRY(make_directories(state_->to_path(made.location()) + part));
    return made;
  }
  MP_ASSIGN(TableStatePtr made, add_table(*state_, name, std::move(metadata)));
  return Table(state_, std::move(made));
}

namespace {
std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// Without `..`, so that it can be compared.
std::string table_folder(const std::string& metadata_path) {
  // Names of objects are taken as they are: there are no folders to walk up.
  if (is_object(metadata_path)) return parent(parent(metadata_path));
  return std::filesystem::path(metadata_path).lexically_normal().parent_path().parent_path().string();
}
}  // namespace

Status Pond::drop_table(std::string_view name) {
  if (!state_->branch.empty()) {
    return unsupported("a branch cannot drop a table, which all branches share: ", name)
        .hint("Where a column changes its type, give the table another name on the branch.");
  }
  std::string folder;
  for (;;) {
    MP_ASSIGN(const auto location, state_->catalog->location(name));
    if (!location) return not_found("no such table: ", name);
    // Tables that came over REST lie elsewhere than those that are made here.
    folder = table_folder(state_->to_path(*location));
    MP_ASSIGN(const bool removed, state_->catalog->remove(name, *location));
    if (removed) break;  // else somebody committed in between
  }
  // What a registered table names may lie outside the pond, or be another table's folder: neither is removed.
  if (parent(folder) != state_->root + "/tables") return {};
  MP_ASSIGN(const std::vector<std::string> others, state_->catalog->tables());
  for (const std::string& other : others) {
    MP_ASSIGN(const auto location, state_->catalog->location(other));
    if (location && table_folder(state_->to_path(*location)) == folder) return {};
  }
  return remove_folder(folder);
}

}  // namespace millpond::pond
