#pragma once
// Which metadata file each table has now. In a folder: SQLite, in the layout of Iceberg's JDBC catalog.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

struct sqlite3;

namespace millpond::pond {

inline constexpr int kPondFormat = 1;  ///< kept in the database's user_version; a larger one is refused

/// One table's part of a change.
struct CatalogSwap {
  std::string table, expected, location;
};

/// The tables of the namespace `main`. Threads: any. Processes: any number.
class Catalog {
 public:
  virtual ~Catalog() = default;

  /// Where the pond was made: what stands in all file URIs.
  virtual const std::string& recorded_root() const = 0;
  virtual Result<std::vector<std::string>> tables() = 0;  ///< sorted
  virtual Result<std::optional<std::string>> location(std::string_view table) = 0;
  /// Errors: kAlreadyExists.
  virtual Status add(std::string_view table, const std::string& location) = 0;
  /// Sets the location if it still is `expected`; false if somebody else was first. Durable when it returns true.
  /// On an error the outcome may be unknown: it can have been written before the answer was lost.
  virtual Result<bool> swap(std::string_view table, const std::string& expected, const std::string& location) = 0;
  /// Several, all or none. Errors: as `swap`.
  virtual Result<bool> swap_all(const std::vector<CatalogSwap>& swaps) = 0;
  /// Sets the place that stands in file URIs, once no entry of any namespace names a file below `from`; else false.
  /// Errors: kUnsupported where the pond cannot have been moved.
  virtual Result<bool> move_root(const std::string& from, const std::string& to) = 0;
  virtual Result<bool> remove(std::string_view table, const std::string& expected) = 0;
};

/// Threads: any; calls are serialised. Processes: SQLite locks; a writer waits for others up to 30 s.
class SqliteCatalog final : public Catalog {
 public:
  /// Makes the database. `root` is the folder that stands in all file URIs.
  /// Errors: kAlreadyExists; kDataCorrupt if the file is some other database.
  static Result<std::unique_ptr<SqliteCatalog>> create(const std::string& path, const std::string& root);
  /// Errors: kUnsupported if a newer version made it, kDataCorrupt if it is no catalog.
  static Result<std::unique_ptr<SqliteCatalog>> open(const std::string& path);
  ~SqliteCatalog() override;

  const std::string& recorded_root() const override { return recorded_root_; }
  Result<std::vector<std::string>> tables() override;
  Result<std::optional<std::string>> location(std::string_view table) override;
  Status add(std::string_view table, const std::string& location) override;
  Result<bool> swap(std::string_view table, const std::string& expected, const std::string& location) override;
  Result<bool> swap_all(const std::vector<CatalogSwap>& swaps) override;
  Result<bool> move_root(const std::string& from, const std::string& to) override;
  Result<bool> remove(std::string_view table, const std::string& expected) override;

 private:
  class Statement;
  Result<bool> swap_locked(std::string_view table, const std::string& expected, const std::string& location);
  explicit SqliteCatalog(std::string path) : path_(std::move(path)) {}
  Status connect(int flags);
  Status configure();
  Status check_empty();
  Status run(const char* sql);
  Status failure(std::string_view action) const;

  std::string path_, recorded_root_;
  std::mutex mutex_;
  sqlite3* database_ = nullptr;
};

}  // namespace millpond::pond
