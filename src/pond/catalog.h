#pragma once
// Which metadata file each table has now: SQLite, in the layout of Iceberg's JDBC catalog.

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

/// Threads: any; calls are serialised. Processes: SQLite locks; a writer waits for others up to 30 s.
class Catalog {
 public:
  /// Makes the database. `root` is the folder that stands in all file URIs.
  /// Errors: kAlreadyExists; kDataCorrupt if the file is some other database.
  static Result<std::unique_ptr<Catalog>> create(const std::string& path, const std::string& root);
  /// Errors: kUnsupported if a newer version made it, kDataCorrupt if it is no catalog.
  static Result<std::unique_ptr<Catalog>> open(const std::string& path);
  ~Catalog();

  const std::string& recorded_root() const { return recorded_root_; }
  Result<std::vector<std::string>> tables();
  Result<std::optional<std::string>> location(std::string_view table);
  /// Errors: kAlreadyExists.
  Status add(std::string_view table, const std::string& location);
  /// Sets the location if it still is `expected`; false if somebody else was first. Durable when it returns true.
  /// On an error the outcome may be unknown: SQLite can have written the change before its sync failed.
  Result<bool> swap(std::string_view table, const std::string& expected, const std::string& location);
  Result<bool> remove(std::string_view table, const std::string& expected);

 private:
  class Statement;
  explicit Catalog(std::string path) : path_(std::move(path)) {}
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
