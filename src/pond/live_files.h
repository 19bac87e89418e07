#pragma once
// What stands in a snapshot, put together from its manifests.

#include <set>
#include <string>
#include <vector>

#include "millpond/pond/table.h"
#include "pond/manifest.h"
#include "pond/state.h"

namespace millpond::pond {

/// A live entry with the manifest that it stands in.
struct LiveEntry {
  const ManifestEntry* entry = nullptr;
  std::int64_t order = 0;  ///< of files with the same sequence number
};

/// The live entries of some manifests of a snapshot, and what keeps them in memory.
struct LiveEntries {
  std::vector<LiveEntry> data, deletes;
  std::vector<LiveEntry> equality;  ///< equality deletes
  std::vector<ManifestEntriesPtr> held;
};
/// `skip` names manifests that are not to be read.
Result<LiveEntries> live_entries(PondState& pond, const ManifestList& manifests,
                                 const std::set<std::string_view>& skip = {});

/// Deleted positions of each data file in `paths` (of all data files if it is null), from these delete files.
Result<DeletesByFile> deleted_positions(PondState& pond, const std::vector<LiveEntry>& delete_files,
                                        const std::set<std::string_view>* paths);

/// All deleted rows, also those that equality deletes name.
Result<DeletesByFile> deleted_rows(PondState& pond, const TableMetadata& table, const LiveEntries& entries,
                                   const std::set<std::string_view>* paths);

Result<std::vector<LiveFile>> live_files(PondState& pond, const TableMetadata& table, const Snapshot& snapshot);

Result<Difference> difference_between(PondState& pond, const TableMetadata& table, const Snapshot* from,
                                      const Snapshot& to);

}  // namespace millpond::pond
