#pragma once
// Keeps tables small and quick. Every operation is safe beside readers and writers in other processes.

#include <chrono>
#include <cstdint>

#include "millpond/pond/pond.h"
#include "millpond/pond/table.h"

namespace millpond::pond {

struct ExpirePolicy {
  std::int64_t keep_last = 1;               ///< never fewer snapshots than this, however old
  std::chrono::milliseconds older_than{0};  ///< only those older than this
};
struct ExpireReport {
  std::int64_t snapshots = 0, files = 0, size_bytes = 0;
};
/// Drops old snapshots and the files that only they needed. The current snapshot, and those that refs name, stay, and
/// so do files outside of the table's own folder: they are another table's.
Result<ExpireReport> expire_snapshots(const Table& table, const ExpirePolicy& policy, Context& context);

struct OrphanReport {
  std::int64_t files = 0, size_bytes = 0;
};
/// Removes files in the table's folder that no kept metadata names, left by crashes. A file younger than `grace` stays:
/// it may belong to a writer that has not committed yet. Errors: kInvalidArgument for a negative grace.
Result<OrphanReport> remove_orphans(const Table& table, std::chrono::milliseconds grace, Context& context);

struct CompactOptions {
  std::int64_t target_file_bytes = std::int64_t{128} << 20;
  std::int64_t small_file_bytes = std::int64_t{32} << 20;  ///< files under this are merged
  double dead_rows_share = 0.1;                            ///< files with more dead rows are rewritten
  bool every_file = false;                                 ///< whatever its size
};
struct CompactReport {
  std::int64_t files_before = 0, files_after = 0, rows = 0;
};
/// Merges small files and applies deletes; neighbours stay neighbours, so row order is kept. Operation `replace`.
/// Rows that another process deletes meanwhile stay deleted: the compaction is then given up with kConflict.
Result<CompactReport> compact(const Table& table, const CompactOptions& options, Context& context);

/// Rewrites the manifests of the current snapshot into few. Operation `replace`.
Result<Table> merge_manifests(const Table& table, Context& context);

/// Whether work on this version failed for nothing but that another process changed the table meanwhile: by a conflict,
/// or because it expired files that were being read. Whoever maintains may then leave it to the next time.
bool overtaken(const Status& failure, const Table& worked_on);

}  // namespace millpond::pond
