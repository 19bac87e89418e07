#pragma once
// The pond's catalog with all of its namespaces, tables and views: the same SQLite file that builds commit to.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millpond/status.h"

struct sqlite3;

namespace millpond::pond {

/// Levels of a namespace, outermost first. In the database they are joined by dots; a dot inside a level is %2E there.
using Namespace = std::vector<std::string>;
std::string namespace_key(const Namespace& levels);
Namespace namespace_levels(std::string_view key);

enum class EntryKind : unsigned char { kTable, kView };

struct EntryName {
  std::string name_space;  ///< as `namespace_key` writes it
  std::string name;
  auto operator<=>(const EntryName&) const = default;
};

struct Entry {
  EntryKind kind = EntryKind::kTable;
  std::string metadata_location;
};

/// One change of an entry. Without `expected` the entry must not exist; without `location` it goes.
struct Swap {
  EntryName name;
  EntryKind kind = EntryKind::kTable;
  std::optional<std::string> expected, location;
};

/// Threads: any; reads do not wait for a commit's fsync. Processes: as `Catalog`.
class RestStore {
 public:
  /// `root`: the pond's folder. Errors: kNotFound if there is no pond, as `Catalog::open` otherwise.
  static Result<std::unique_ptr<RestStore>> open(const std::string& root);
  ~RestStore();

  const std::string& root() const { return root_; }
  /// Metadata names files by where the pond was made; these map to where it is now, and back.
  std::string to_path(std::string_view uri) const;
  std::string to_uri(std::string_view path) const;

  using Properties = std::map<std::string, std::string>;
  /// Also namespaces that only exist because something is in them. Sorted keys.
  Result<std::vector<std::string>> namespaces();
  Result<bool> has_namespace(const std::string& key);
  Result<Properties> properties(const std::string& key);
  /// Errors: kAlreadyExists.
  Status create_namespace(const std::string& key, const Properties& properties);
  Status change_properties(const std::string& key, const Properties& updates, const std::vector<std::string>& removals);
  /// Errors: kNotFound; kConflict if something is in it.
  Status drop_namespace(const std::string& key);

  Result<std::optional<Entry>> find(const EntryName& name);
  Result<std::vector<std::string>> list(const std::string& name_space, EntryKind kind);
  Result<std::vector<std::string>> all_locations();

  /// All or none, durable when it returns the swaps that did not hold: empty if it was done.
  /// Errors: kUnavailable (nothing was written); kInternal with "outcome is unknown" if that is so.
  Result<std::vector<EntryName>> swap(const std::vector<Swap>& swaps);
  /// Errors: kNotFound, kAlreadyExists.
  Status rename(const EntryName& from, const EntryName& to, EntryKind kind);

 private:
  class Statement;
  class Transaction;
  struct Connection {
    std::mutex mutex;
    sqlite3* database = nullptr;
  };
  RestStore() = default;
  Status failure(const Connection& connection, std::string_view action) const;
  Status connect(Connection& connection);
  Result<std::optional<Entry>> find_on(Connection& connection, const EntryName& name);
  Result<bool> has_namespace_on(Connection& connection, const std::string& key);
  Result<bool> apply(const Swap& swap);

  std::string root_, recorded_root_, path_;
  Connection reader_, writer_;
};

}  // namespace millpond::pond
