#pragma once
// The way of planned changes into the catalog: metadata on top of the newest version, synced, swapped in.

#include <optional>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "pond/metadata_writer.h"
#include "pond/snapshot_builder.h"
#include "pond/update_plan.h"

namespace millpond::pond {

/// One table's part of a commit, over all its attempts.
class Commit {
 public:
  Commit(const Update::Plan& plan, Context& context) : plan_(plan), pond_(*plan.pond), context_(context) {}

  /// Writes what the change is on top of the newest version; nothing is synced or visible yet.
  Status prepare();
  /// Every file that must be durable before the catalog names the new metadata.
  std::vector<std::string> to_sync() const;
  void synced() { data_synced_ = true; }

  const std::string& table() const { return base_->name; }
  const std::string& expected() const { return base_->metadata_location; }
  const std::string& location() const { return location_; }
  std::int64_t retries() const;

  /// Instead of a swap, where the catalog writes metadata files itself. Errors: as `MetadataWriter::commit`.
  Result<bool> send(MetadataWriter& writer) { return writer.commit(base_->name, base_->metadata, next_); }
  /// After the swap: the new state, known to later readers.
  TableStatePtr settle();
  /// Removes what the attempt wrote.
  void retract();
  /// Also what was kept for another attempt.
  void discard();

 private:
  Status check_base() const;
  Status check_refs() const;
  Status change_schema(TableMetadata& next) const;
  Status change_refs(TableMetadata& next, const BranchView& view) const;
  Status move_current(TableMetadata& next, const BranchView& view) const;
  void add_snapshot(TableMetadata& next, const BranchView& view, const Snapshot& snapshot) const;
  std::vector<MetadataLogEntry> extend_metadata_log(TableMetadata& next) const;
  Status write_metadata();

  const Update::Plan& plan_;
  PondState& pond_;
  Context& context_;
  TableStatePtr base_;
  TableMetadata next_;
  std::optional<SnapshotBuilder> builder_;
  std::vector<MetadataLogEntry> outdated_;
  DeleteFileDraft draft_;
  std::int64_t snapshot_id_ = 0;
  std::vector<std::string> written_;
  std::string location_;
  bool data_synced_ = false;
};

/// Commits all or nothing, again on other writers' states while they are faster. Errors: as `Update::commit`.
Result<std::vector<TableStatePtr>> run_commits(const std::vector<const Update::Plan*>& plans, Context& context);

}  // namespace millpond::pond
