#pragma once
// What a process knows of a pond: the catalog, and caches of files that never change once written.

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "millpond/pond/data_file.h"
#include "millpond/pond/table.h"
#include "pond/branch_view.h"
#include "pond/catalog.h"
#include "pond/kept_page.h"
#include "pond/manifest.h"
#include "pond/metadata.h"
#include "pond/page_values.h"

namespace parquet {
class FileMetaData;
class OffsetIndex;
}  // namespace parquet

namespace millpond::pond {

/// One version of a table. Immutable.
struct TableState {
  std::string name;
  std::string metadata_location;
  std::int64_t version = 0;  ///< the number in the metadata file's name
  TableMetadata metadata;    ///< as the branch sees them
  BranchView view;
  Schema schema;
  ArrowSchema arrow_schema;
};
using TableStatePtr = std::shared_ptr<const TableState>;

/// Deleted positions by data file path, as one delete file states them.
using DeletesByFile = std::unordered_map<std::string, PositionsPtr>;

/// Keeps the values used last, up to a total cost. Values are immutable, so that an evicted one may still be in use.
template <class Value>
class Cache {
 public:
  explicit Cache(std::int64_t cost_max) : cost_max_(cost_max) {}
  std::shared_ptr<const Value> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }
  void insert(const std::string& key, std::shared_ptr<const Value> value, std::int64_t cost) {
    const std::lock_guard lock(mutex_);
    if (index_.contains(key)) return;
    entries_.push_front({key, std::move(value), cost});
    index_[key] = entries_.begin();
    cost_ += cost;
    while (cost_ > cost_max_ && entries_.size() > 1) {
      cost_ -= entries_.back().cost;
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    std::int64_t cost;
  };
  const std::int64_t cost_max_;
  std::int64_t cost_ = 0;
  std::mutex mutex_;
  std::list<Entry> entries_;
  std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

class KeyIndex;

/// Threads: any.
struct PondState {
  std::string root;           ///< where the folder is, or s3://bucket/prefix
  std::string local_folder;   ///< for what stays on this machine
  std::string recorded_root;  ///< where it was made; file URIs name this one, so a moved pond still reads
  std::unique_ptr<Catalog> catalog;
  std::string branch;  ///< which tables are read and written on; empty: `main`

  std::string to_path(std::string_view uri) const;
  std::string to_uri(std::string_view path) const;

  /// The version that the catalog names now. Errors: kNotFound, kDataCorrupt with the file's path.
  Result<TableStatePtr> load(std::string_view table);
  void remember(const TableStatePtr& state);

  Result<ManifestListPtr> manifests(const Snapshot& snapshot);
  Result<ManifestEntriesPtr> entries(const ManifestFile& manifest);
  /// Null if they are not in memory.
  ManifestEntriesPtr cached_entries(const ManifestFile& manifest) { return manifests_.find(manifest.cache_key()); }
  Result<std::shared_ptr<const DeletesByFile>> deletes(const ManifestEntry& delete_file);
  /// The footer of a data file; null after an error.
  Result<std::shared_ptr<parquet::FileMetaData>> footer(const std::string& path);

  Cache<parquet::OffsetIndex> pages{2 << 20};    ///< of column chunks; cost: pages
  Cache<KeyIndex> key_indexes{64 << 20};         ///< cost: rows
  Cache<PageDictionary> dictionaries{16 << 20};  ///< of column chunks that single rows were read from; cost: bytes
  Cache<KeptPage> kept_pages{64 << 20};          ///< that single rows were read from; cost: bytes
  PageWorkspaces workspaces;

  void remember(const std::string& list_path, ManifestListPtr list);
  void remember(const ManifestFile& manifest, ManifestEntriesPtr entries);

 private:
  Result<ManifestListPtr> listed_manifests(const Snapshot& snapshot);

  std::mutex mutex_;
  std::unordered_map<std::string, TableStatePtr> tables_;
  Cache<ManifestList> lists_{64 << 10};          // cost: lines
  Cache<ManifestEntries> manifests_{256 << 10};  // cost: entries
  Cache<DeletesByFile> deletes_{16 << 20};       // cost: positions
  Cache<parquet::FileMetaData> footers_{4096};   // cost: files
};

/// Opens the catalog of a pond's folder, with nothing cached. Errors: as `Pond::open`.
Result<std::shared_ptr<PondState>> open_state(const std::string& path);
/// `metadata`: as they are in their file; `branch`: see `PondState`.
TableStatePtr make_state(std::string name, std::string metadata_location, TableMetadata metadata,
                         const std::string& branch = {});
/// "00042-<uuid>.metadata.json" → 42; 0 if the name says nothing.
std::int64_t version_of(std::string_view metadata_location);

}  // namespace millpond::pond
