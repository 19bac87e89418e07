#pragma once
// Turns planned changes into a new snapshot on top of a table version: manifests and manifest list, written, not yet
// synced.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pond/live_files.h"
#include "pond/state.h"
#include "pond/update_plan.h"

namespace millpond::pond {

/// The delete files of an update, kept from one attempt to the next while their content stays the same.
struct DeleteFileDraft {
  std::map<std::string, PositionsPtr> content;
  ManifestEntries entries;
  std::vector<std::string> paths;  ///< of the files; vectors share one
  void discard();
};

class SnapshotBuilder {
 public:
  SnapshotBuilder(const Update::Plan& plan, const TableMetadata& base, std::int64_t snapshot_id, DeleteFileDraft& draft)
      : plan_(plan), pond_(*plan.pond), base_(base), draft_(draft) {
    snapshot_.id = snapshot_id;
  }

  /// Errors: kConflict if a file to change is gone, or lost rows that the plan does not know of.
  Status build();
  const Snapshot& snapshot() const { return snapshot_; }
  std::int64_t next_row_id() const { return next_row_id_; }
  /// Files written by `build`, even by one that failed; without the delete files, which the draft keeps.
  const std::vector<std::string>& written() const { return written_; }
  /// After the commit: what readers will ask for next is known already.
  void remember() const;

 private:
  struct Manifest {
    ManifestFile line;
    ManifestEntriesPtr entries;  // only of new manifests, and of those that were looked into
    bool is_new = false;
  };

  Status load_base();
  Status resolve_changes();
  Status resolve_deletes();
  Status check_rows_still_live();
  void gather_dead_deletes();
  Status rewrite_base_manifests();
  Status add_new_manifests();
  Status merge_small_manifests(bool deletes);
  Status merge_manifests(bool deletes, const std::function<bool(const Manifest&)>& belongs);
  Status write_manifests();
  void summarise();
  std::string equality_total() const;
  Manifest manifest_of(ManifestEntries entries, std::int32_t spec_id, bool deletes) const;
  void add_manifests_by_spec(ManifestEntries entries, bool deletes);
  Status write_deletes();
  void assign_row_ids();

  const Update::Plan& plan_;
  PondState& pond_;
  const TableMetadata& base_;
  DeleteFileDraft& draft_;
  Snapshot snapshot_;

  ManifestListPtr base_list_;
  LiveEntries live_;
  std::map<std::string_view, const ManifestEntry*> data_by_path_;
  std::set<std::string> removed_;          // data files
  std::set<std::string> removed_deletes_;  // delete files
  std::map<std::string, PositionsPtr> new_deletes_;
  std::vector<Manifest> manifests_;
  ManifestListPtr list_;
  std::vector<std::string> written_;
  std::int64_t next_row_id_ = 0;
  std::int64_t removed_bytes_ = 0, removed_rows_ = 0, removed_delete_rows_ = 0;
};

}  // namespace millpond::pond
