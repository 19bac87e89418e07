#pragma once
// One atomic change of a table.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/pond/table.h"

namespace millpond::pond {

/// Collects changes, then commits them as one snapshot: all are visible, or none is.
///
/// When another process committed meanwhile, appends are rebased and tried again; deletes and removals check first that
/// their files are still in the table (kConflict if not). `require_snapshot` forbids the rebase.
/// After an error nothing is visible, the table is as it was, and files that this update was given remain for another
/// try; only if the catalog itself failed while it committed can the outcome be unknown, and the message says so.
/// Threads: one.
class Update {
 public:
  explicit Update(const Table& table);
  ~Update();
  Update(Update&&) noexcept;
  Update& operator=(Update&&) noexcept;

  Update& append(DataFile file);
  Update& append(std::vector<DataFile> files);
  /// Deletes rows by position. A file whose rows are then all dead is removed instead.
  Update& delete_rows(std::string_view data_file_path, std::vector<std::int64_t> positions);
  Update& remove_file(std::string_view data_file_path);
  /// Removes every file that is live at commit, and appends these.
  Update& replace_all(std::vector<DataFile> files);

  /// Goes into the snapshot's summary: cursors and fingerprints commit with the data.
  Update& summary(std::string_view key, std::string_view value);
  Update& set_property(std::string_view key, std::string_view value);
  /// The schema from now on. Columns keep their ids by name; new ones must be optional; a missing one is dropped.
  /// Errors (at commit): kInvalidArgument for a change that Iceberg does not allow.
  Update& evolve(Schema schema);
  /// Commit only on top of this snapshot (none: of a table without one). Errors (at commit): kConflict.
  Update& require_snapshot(std::optional<std::int64_t> id);
  /// Makes a snapshot even if no file changes, so that a summary can be stored.
  Update& allow_empty();

  /// The committed table; the same table if there was nothing to do.
  Result<Table> commit(Context& context);

  struct Plan;
  Plan& plan() { return *plan_; }

 private:
  std::unique_ptr<Plan> plan_;
};

}  // namespace millpond::pond
