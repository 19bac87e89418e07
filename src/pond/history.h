#pragma once
// Keeps the list of snapshots short, so that a commit costs the same after ten thousand others.

#include <cstdint>
#include <set>

#include "pond/metadata.h"

namespace millpond::pond {

/// How much history a table keeps. Source: docs/formats/tables.md, "History".
struct HistoryPolicy {
  std::int64_t recent = 0;      ///< the newest so many stay, however old
  std::int64_t age_ms_max = 0;  ///< of those before them: the last of each hour, up to this age
  std::int64_t snapshots_max = 0;
  /// Of the table's properties; `snapshots_max` 0 means that commits forget nothing.
  static HistoryPolicy of(const TableMetadata& table);
};

inline constexpr std::int64_t kHistoryHourMs = 3'600'000;
inline constexpr const char* kSnapshotsMaxKey = "millpond.history.max-snapshots";
inline constexpr const char* kSnapshotAgeKey = "history.expire.max-snapshot-age-ms";
inline constexpr const char* kSnapshotsMinKey = "history.expire.min-snapshots-to-keep";
/// A property `millpond.branch.<name>.base`: the snapshot that a branch started from.
inline constexpr const char* kBranchBasePrefix = "millpond.branch.";

/// Forgets snapshots by the table's policy. Files stay: `remove_orphans` takes those that nothing names any more.
/// Never forgotten: what a branch or tag names, what a branch started from, and the newest snapshots on each branch
/// that carry a flow's cursor or fingerprint.
void bound_history(TableMetadata& table, std::int64_t now_ms);

/// Forgets these, except what must stay. The log then begins after the last that went.
void forget(TableMetadata& table, const std::set<std::int64_t>& ids);

}  // namespace millpond::pond
