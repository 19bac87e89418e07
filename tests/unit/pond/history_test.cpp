#include "pond/history.h"

#include "fixture.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kHour = kHistoryHourMs, kDay = 24 * kHour;

/// A table with one snapshot at each of these times; ids count from 1.
TableMetadata with_snapshots(const std::vector<std::int64_t>& times, std::map<std::string, std::string> properties) {
  TableMetadata table;
  table.properties = std::move(properties);
  for (std::size_t i = 0; i < times.size(); ++i) {
    Snapshot snapshot;
    snapshot.id = static_cast<std::int64_t>(i) + 1;
    if (i > 0) snapshot.parent = static_cast<std::int64_t>(i);
    snapshot.timestamp_ms = times[i];
    table.snapshots.push_back(make_snapshot_entry(snapshot));
    table.snapshot_log.push_back({times[i], snapshot.id});
    table.current_snapshot_id = snapshot.id;
  }
  table.refs["main"].snapshot_id = *table.current_snapshot_id;
  return table;
}

std::vector<std::int64_t> ids_of(const TableMetadata& table) {
  std::vector<std::int64_t> ids;
  for (const SnapshotEntryPtr& entry : table.snapshots) ids.push_back(entry->snapshot.id);
  return ids;
}

using Ids = std::vector<std::int64_t>;

TEST(History, IsLeftAloneWithoutAPolicy) {
  TableMetadata table = with_snapshots({0, 1, 2, 3}, {});
  bound_history(table, 100 * kDay);
  EXPECT_EQ(ids_of(table), (Ids{1, 2, 3, 4}));
}

TEST(History, KeepsTheNewestAndOneOfEachOlderHour) {
  //                                     hour 0       hour 1            hour 2
  TableMetadata table = with_snapshots({0, 10, kHour, kHour + 5, 2 * kHour, 2 * kHour + 1, 2 * kHour + 2},
                                       {{kSnapshotsMaxKey, "100"}, {kSnapshotsMinKey, "2"}});
  bound_history(table, 3 * kHour);
  EXPECT_EQ(ids_of(table), (Ids{2, 4, 6, 7}));
  ASSERT_EQ(table.snapshot_log.size(), 4u);
  EXPECT_EQ(table.snapshot_log[1].snapshot_id, 4);
}

TEST(History, ForgetsWhatIsTooOldOrTooMany) {
  TableMetadata table =
      with_snapshots({0, kDay, 2 * kDay, 3 * kDay, 4 * kDay},
                     {{kSnapshotsMaxKey, "4"}, {kSnapshotsMinKey, "1"}, {kSnapshotAgeKey, "200000000"}});
  TableMetadata few = table;
  bound_history(table, 4 * kDay);
  EXPECT_EQ(ids_of(table), (Ids{3, 4, 5})) << "200,000 s are 2.3 days";
  few.properties[kSnapshotsMaxKey] = "2";
  bound_history(few, 4 * kDay);
  EXPECT_EQ(ids_of(few), (Ids{4, 5}));
}

TEST(History, KeepsRefsBasesOfBranchesAndCursors) {
  TableMetadata table = with_snapshots({0, 1, 2, 3, 4, 5, 6, 7},
                                       {{kSnapshotsMaxKey, "1"}, {std::string(kBranchBasePrefix) + "trial.base", "4"}});
  table.refs["release"] = {.snapshot_id = 2, .type = "tag"};
  Snapshot cursor = table.snapshots[5]->snapshot;
  cursor.summary["millpond.fingerprint"] = "f";
  table.snapshots[5] = make_snapshot_entry(cursor);
  bound_history(table, 10 * kDay);
  EXPECT_EQ(ids_of(table), (Ids{2, 4, 6, 8}));
}

class BoundedHistory : public PondTest {};

TEST_F(BoundedHistory, CommitsKeepItAndReadersFindTheRest) {
  Table table = must(pond_->create_table("notes", notes(), {{kSnapshotsMaxKey, "3"}, {kSnapshotsMinKey, "2"}}));
  for (int i = 0; i < 40; ++i) table = append(table, i * 10, 10);
  ASSERT_EQ(table.snapshots().size(), 2u) << "all within an hour: the recent ones only";
  EXPECT_EQ(ids(must(pond_->table("notes"))), range(0, 400));
  EXPECT_EQ(ids(table, table.snapshots().front().id), range(0, 390));
  must(remove_orphans(table, std::chrono::milliseconds(0), context_));
  EXPECT_EQ(ids(table, table.snapshots().front().id), range(0, 390));
}

TEST_F(BoundedHistory, ATimeInAThinnedHourIsNotAnsweredWrongly) {
  const std::int64_t day = 1'767'225'600'000;  // 2026-01-01T00:00Z
  TableMetadata metadata = with_snapshots({day + 10, day + kHour + 10'000, day + kHour + 50'000, day + 2 * kHour},
                                          {{kSnapshotsMaxKey, "3"}, {kSnapshotsMinKey, "1"}});
  bound_history(metadata, day + 3 * kHour);
  metadata.schemas.push_back(with_ids(notes(), 0, metadata.last_column_id));
  const Table table(nullptr, make_state("notes", "file:///x/00001-a.metadata.json", std::move(metadata)));
  EXPECT_EQ(must(table.snapshot_at("2026-01-01T00:30:00Z")).id, 1);
  EXPECT_EQ(must(table.snapshot_at("2026-01-01T00:59")).id, 1) << "the end of an hour is always known";
  EXPECT_EQ(table.snapshot_at("2026-01-01T01:00:20Z").status().code(), Code::kNotFound);
  EXPECT_EQ(must(table.snapshot_at("2026-01-01T01:00:50Z")).id, 3);
  EXPECT_EQ(must(table.snapshot_at("2026-01-01T05:00:00Z")).id, 4);
  EXPECT_EQ(table.snapshot_at("2025-12-31").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace millpond::pond
