#pragma once
// Iceberg tables with an embedded catalog, in a folder or in an object store.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/table.h"
#include "millpond/schema.h"
#include "millpond/status.h"

namespace millpond::pond {

/// Opens tables by name. The catalog is SQLite in the layout of Iceberg's JDBC catalog (name `pond`, namespace `main`),
/// so PyIceberg's SqlCatalog opens the same folder as it is. A pond at `s3://bucket/prefix` has its catalog in one
/// object there, which is replaced under the condition that nobody else did; the environment says whose server and
/// keys.
///
/// Errors:  kNotFound with a hint if the folder is no pond; kUnsupported if a newer version made it.
/// Threads: any. Processes: any number; commits are serialised by compare-and-swap.
/// Source:  docs/formats/tables.md
class Pond {
 public:
  /// Makes the folder and an empty catalog. Errors: kAlreadyExists.
  static Result<std::shared_ptr<Pond>> init(const std::string& path);
  static Result<std::shared_ptr<Pond>> open(const std::string& path);
  ~Pond();

  const std::string& root() const;                  ///< absolute path of the folder, or s3://bucket/prefix
  const std::string& local_folder() const;          ///< for locks, spill and copies; `root` itself if that is a folder
  Result<std::vector<std::string>> tables() const;  ///< sorted
  Result<bool> has_table(std::string_view name) const;
  /// Reads the catalog; the metadata only if it changed since the last call.
  Result<Table> table(std::string_view name) const;
  /// `name`: letters, digits and `_`. Errors: kAlreadyExists.
  Result<Table> create_table(std::string_view name, const Schema& schema,
                             const std::map<std::string, std::string>& properties = {});
  /// Also removes its files.
  Status drop_table(std::string_view name);

  explicit Pond(std::shared_ptr<PondState> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<PondState> state_;
};

}  // namespace millpond::pond
