#include "pond/history.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

namespace millpond::pond {
namespace {

constexpr std::int64_t kRecent = 100;
constexpr std::int64_t kAgeMsMax = std::int64_t{5} * 24 * kHistoryHourMs;
constexpr std::string_view kOwnKeys = "millpond.";

using Ids = std::unordered_set<std::int64_t>;
using ById = std::unordered_map<std::int64_t, const Snapshot*>;

/// The newest snapshots along a branch that say each of the keys which only the last writer of a key knows.
void keep_cursors(const ById& by_id, std::int64_t head, Ids& keep) {
  const std::string own_keys(kOwnKeys);
  std::set<std::string_view> known;
  std::size_t steps = by_id.size();  // a chain that bites its own tail ends here
  for (auto at = by_id.find(head); at != by_id.end() && steps > 0; --steps) {
    const Snapshot& snapshot = *at->second;
    bool first = false;
    for (auto own = snapshot.summary.lower_bound(own_keys);
         own != snapshot.summary.end() && own->first.starts_with(kOwnKeys); ++own) {
      if (known.insert(own->first).second) first = true;
    }
    // Usually the head says all that there is to say, and the walk could end; but nobody knows that but the writer.
    if (first) keep.insert(snapshot.id);
    if (!snapshot.parent) break;
    at = by_id.find(*snapshot.parent);
  }
}

Ids must_stay(const TableMetadata& table) {
  Ids keep;
  ById by_id;
  for (const SnapshotEntryPtr& entry : table.snapshots) by_id[entry->snapshot.id] = &entry->snapshot;
  if (table.current_snapshot_id) {
    keep.insert(*table.current_snapshot_id);
    keep_cursors(by_id, *table.current_snapshot_id, keep);
  }
  for (const auto& [name, ref] : table.refs) {
    keep.insert(ref.snapshot_id);
    if (ref.type == "branch" && ref.snapshot_id != table.current_snapshot_id) {
      keep_cursors(by_id, ref.snapshot_id, keep);
    }
  }
  for (auto at = table.properties.lower_bound(kBranchBasePrefix);
       at != table.properties.end() && at->first.starts_with(kBranchBasePrefix); ++at) {
    std::int64_t id = 0;
    const auto parsed = std::from_chars(at->second.data(), at->second.data() + at->second.size(), id);
    if (parsed.ec == std::errc()) keep.insert(id);
  }
  return keep;
}

template <class Gone>
void erase_snapshots(TableMetadata& table, Gone&& gone) {
  std::erase_if(table.snapshots, [&](const SnapshotEntryPtr& entry) { return gone(entry->snapshot.id); });
}

}  // namespace

HistoryPolicy HistoryPolicy::of(const TableMetadata& table) {
  return {.recent = std::max<std::int64_t>(1, table.property(kSnapshotsMinKey, kRecent)),
          .age_ms_max = std::max<std::int64_t>(0, table.property(kSnapshotAgeKey, kAgeMsMax)),
          .snapshots_max = std::max<std::int64_t>(0, table.property(kSnapshotsMaxKey, 0))};
}

void bound_history(TableMetadata& table, std::int64_t now_ms) {
  const HistoryPolicy policy = HistoryPolicy::of(table);
  const auto count = static_cast<std::int64_t>(table.snapshots.size());
  if (policy.snapshots_max == 0 || count <= std::min(policy.recent, policy.snapshots_max)) return;
  const std::int64_t recent = std::min(policy.recent, policy.snapshots_max);
  const std::int64_t older_max = policy.snapshots_max - recent;

  Ids keep = must_stay(table), logged;
  for (const SnapshotLogEntry& entry : table.snapshot_log) logged.insert(entry.snapshot_id);
  std::int64_t hour_kept = -1, older = 0;
  for (std::int64_t i = count - 1; i >= 0; --i) {
    const Snapshot& snapshot = table.snapshots[static_cast<std::size_t>(i)]->snapshot;
    const std::int64_t hour = snapshot.timestamp_ms / kHistoryHourMs;
    if (i >= count - recent) {
      keep.insert(snapshot.id);
      if (logged.contains(snapshot.id)) hour_kept = hour;
      continue;
    }
    const bool last_of_hour = logged.contains(snapshot.id) && hour != hour_kept;
    if (!last_of_hour || now_ms - snapshot.timestamp_ms > policy.age_ms_max || older == older_max) continue;
    keep.insert(snapshot.id);
    hour_kept = hour;
    ++older;
  }
  const auto gone = [&](std::int64_t id) { return !keep.contains(id); };
  erase_snapshots(table, gone);
  std::erase_if(table.snapshot_log, [&](const SnapshotLogEntry& entry) { return gone(entry.snapshot_id); });
}

void forget(TableMetadata& table, const std::set<std::int64_t>& ids) {
  if (ids.empty()) return;
  const Ids keep = must_stay(table);
  const auto gone = [&](std::int64_t id) { return ids.contains(id) && !keep.contains(id); };
  // The log must not name an expired snapshot, nor anything before one.
  auto& log = table.snapshot_log;
  const auto last =
      std::find_if(log.rbegin(), log.rend(), [&](const SnapshotLogEntry& entry) { return gone(entry.snapshot_id); });
  log.erase(log.begin(), last.base());
  erase_snapshots(table, gone);
}

}  // namespace millpond::pond
