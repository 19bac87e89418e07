// What is sent to a foreign catalog: applied there, it makes the table that the commit wanted.

#include "pond/foreign/table_changes.h"

#include <gtest/gtest.h>

#include "pond/rest_updates.h"

namespace millpond::pond {
namespace {

TableMetadata table() {
  auto made = new_metadata({{"id", int64(), true}, {"text", utf8()}}, "file:///lake/t",
                           {{"kept", "1"}, {"changed", "old"}, {"removed", "x"}});
  return *std::move(made);
}

void add_snapshot(TableMetadata& to, std::int64_t id) {
  Snapshot snapshot;
  snapshot.id = id;
  snapshot.parent = to.current_snapshot_id;
  snapshot.sequence_number = ++to.last_sequence_number;
  snapshot.timestamp_ms = to.last_updated_ms;
  snapshot.operation = "append";
  snapshot.manifest_list = "file:///lake/t/metadata/snap-" + std::to_string(id) + ".avro";
  to.snapshots.push_back(make_snapshot_entry(snapshot));
  to.current_snapshot_id = id;
  to.refs["main"].snapshot_id = id;
}

Document as_document(const TableMetadata& metadata) { return *parse_document(serialise(metadata)); }

void expect_same(const TableMetadata& base, const TableMetadata& next) {
  const Document before = as_document(base), wanted = as_document(next);
  const auto made = apply_updates(&before, changes_between(base, next).updates, next.last_updated_ms);
  ASSERT_TRUE(made.ok()) << made.status().to_string();
  for (const char* key : {"format-version", "properties", "refs", "current-schema-id", "last-column-id", "schemas",
                          "last-sequence-number"}) {
    EXPECT_EQ(made->at(key), wanted.at(key)) << key;
  }
  EXPECT_EQ(made->at("snapshots").size(), wanted.at("snapshots").size());
}

bool requires_ref(const TableChanges& changes, const char* name, const Document& id) {
  for (const Document& each : changes.requirements) {
    if (each.at("type") == "assert-ref-snapshot-id" && each.at("ref") == name) return each.at("snapshot-id") == id;
  }
  return false;
}

TEST(TableChanges, NothingChangedIsNothingToSend) {
  const TableMetadata base = table();
  EXPECT_TRUE(changes_between(base, base).updates.empty());
}

TEST(TableChanges, FirstSnapshotRequiresThatThereIsNone) {
  const TableMetadata base = table();
  TableMetadata next = base;
  add_snapshot(next, 7);
  expect_same(base, next);
  EXPECT_TRUE(requires_ref(changes_between(base, next), "main", nullptr));
}

TEST(TableChanges, LaterSnapshotRequiresTheOneItWasComputedFrom) {
  TableMetadata base = table();
  add_snapshot(base, 7);
  TableMetadata next = base;
  add_snapshot(next, 8);
  expect_same(base, next);
  EXPECT_TRUE(requires_ref(changes_between(base, next), "main", 7));
}

TEST(TableChanges, ExpiredSnapshotsAndRefsGo) {
  TableMetadata base = table();
  for (const std::int64_t id : {7, 8, 9}) add_snapshot(base, id);
  base.refs["old"] = {8, "tag", ""};
  TableMetadata next = base;
  next.refs.erase("old");
  next.refs["new"] = {9, "branch", ""};
  next.snapshots.erase(next.snapshots.begin(), next.snapshots.begin() + 2);
  expect_same(base, next);
  EXPECT_TRUE(requires_ref(changes_between(base, next), "old", 8));
}

TEST(TableChanges, SchemaPropertiesAndVersion) {
  const TableMetadata base = table();
  TableMetadata next = base;
  auto schema =
      evolved(base.schema(), {{"id", int64(), true}, {"text", utf8()}, {"more", utf8()}}, 1, next.last_column_id);
  ASSERT_TRUE(schema.ok()) << schema.status().to_string();
  next.schemas.push_back(*std::move(schema));
  next.current_schema_id = 1;
  next.properties = {{"kept", "1"}, {"changed", "new"}, {"added", "y"}};
  next.format_version = 3;
  expect_same(base, next);
}

}  // namespace
}  // namespace millpond::pond
