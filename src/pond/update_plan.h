#pragma once
// What an Update has collected, and what maintenance adds to it.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "millpond/pond/refs.h"
#include "millpond/pond/update.h"
#include "pond/state.h"

namespace millpond::pond {

struct AppendedFile {
  DataFile file;
  std::optional<std::int64_t> sequence_number;  ///< rewritten rows keep the age of their old files; none: new
};

struct Update::Plan {
  std::shared_ptr<PondState> pond;
  TableStatePtr base;  ///< what the caller saw

  std::vector<AppendedFile> appended;
  std::map<std::string, Positions> deletes;  ///< by data file
  std::set<std::string> removed;
  bool replace_all = false;
  bool allow_empty = false;
  bool data_is_durable = false;                        ///< the files were there before, and are not synced again
  bool merge_manifests = false;                        ///< whatever their number
  std::optional<std::string> operation;                ///< instead of the one that follows from the changes
  std::map<std::string, PositionsPtr> deleted_before;  ///< of removed files: commit only if no more rows died since
  std::set<std::int64_t> expired;                      ///< snapshots to forget

  std::map<std::string, std::optional<SnapshotRef>> refs;  ///< to set; none: to drop
  std::set<std::string> dropped_properties;
  std::optional<std::int64_t> move_main;  ///< makes this snapshot the current one
  std::optional<std::int32_t> schema_id;  ///< makes this schema the current one

  // Merging. What a ref must still be (none: must not be there), else the commit is a conflict.
  std::map<std::string, std::optional<std::int64_t>> expected_refs;
  std::string result_branch;   ///< the new snapshot becomes the head of this branch, not the current one
  std::set<std::string> pull;  ///< branches that stand, after the commit, where `main` stands

  std::map<std::string, std::string> summary, properties;
  std::optional<Schema> schema;
  std::optional<std::optional<std::int64_t>> required_snapshot;

  bool makes_snapshot() const {
    return !appended.empty() || !deletes.empty() || !removed.empty() || replace_all || allow_empty || merge_manifests;
  }
  bool changes_nothing() const {
    return !makes_snapshot() && properties.empty() && dropped_properties.empty() && !schema && expired.empty() &&
           refs.empty() && !move_main && !schema_id && pull.empty();
  }
};

/// Errors: kInvalidArgument for a name that is no word, is a number, or is `latest`.
Status check_ref_name(std::string_view name);
void add_ref(Update& update, const Ref& ref);
void remove_ref(Update& update, std::string_view name);

}  // namespace millpond::pond
