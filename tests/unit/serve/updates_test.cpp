// Requirements and updates of a commit, on metadata as a document.

#include <gtest/gtest.h>

#include "pond/rest_updates.h"
#include "pond/rest_view.h"

namespace millpond::pond {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

Document table(const char* properties = "{}") {
  const Document request = Document::parse(std::string(R"({"name": "t", "schema": {"type": "struct", "fields": [
    {"id": 7, "name": "a", "required": true, "type": "long"},
    {"id": 9, "name": "s", "required": false, "type": {"type": "struct", "fields": [
      {"id": 3, "name": "x", "required": false, "type": "string"}]}},
    {"id": 4, "name": "b", "required": false, "type": "date"}]},
    "partition-spec": {"fields": [{"name": "b_day", "transform": "day", "source-id": 4}]}, "properties": )") +
                                           properties + "}");
  return *new_table(request, "file:///pond/t", kNow);
}

Result<Document> updated(const Document& base, const char* updates) {
  return apply_updates(&base, Document::parse(updates), kNow + 1000);
}

std::string snapshot(int id, int parent, int sequence) {
  std::string text = R"({"action": "add-snapshot", "snapshot": {"snapshot-id": )" + std::to_string(id);
  if (parent > 0) text += R"(, "parent-snapshot-id": )" + std::to_string(parent);
  return text + R"(, "sequence-number": )" + std::to_string(sequence) +
         R"(, "timestamp-ms": 1700000002000, "manifest-list": "m", "summary": {"operation": "append"}}})";
}
std::string main_at(int id) {
  return R"({"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": )" +
         std::to_string(id) + "}";
}
Document grown(const Document& base, int id, int parent, int sequence) {
  return *updated(base, ("[" + snapshot(id, parent, sequence) + "," + main_at(id) + "]").c_str());
}

TEST(NewTable, NumbersColumnsAnewOutermostFirst) {
  const Document doc = table();
  const Document& fields = doc["schemas"][0]["fields"];
  EXPECT_EQ(fields[0]["id"], 1);
  EXPECT_EQ(fields[1]["id"], 2);
  EXPECT_EQ(fields[2]["id"], 3);
  EXPECT_EQ(fields[1]["type"]["fields"][0]["id"], 4);
  EXPECT_EQ(doc["last-column-id"], 4);
  EXPECT_EQ(doc["partition-specs"][0]["fields"][0]["source-id"], 3);
  EXPECT_EQ(doc["partition-specs"][0]["fields"][0]["field-id"], 1000);
  EXPECT_EQ(doc["format-version"], 2);
}

TEST(NewTable, TakesTheFormatVersionOutOfTheProperties) {
  EXPECT_EQ(table(R"({"format-version": "3", "k": "v"})")["next-row-id"], 0);
  const Document first = table(R"({"format-version": "1"})");
  EXPECT_EQ(first["schema"], first["schemas"][0]);
  EXPECT_FALSE(first["properties"].contains("format-version"));
}

TEST(Updates, WhatIsNotKnownHereStays) {
  Document base = table();
  base["from-the-future"] = {{"deep", {1, 2.5, "x"}}};
  base["last-column-id"] = 9007199254740993;  // not a double
  const auto next = updated(base, R"([{"action": "set-properties", "updates": {"k": "v"}}])");
  ASSERT_TRUE(next.ok());
  EXPECT_EQ((*next)["from-the-future"], base["from-the-future"]);
  EXPECT_EQ((*next)["last-column-id"].get<std::int64_t>(), 9007199254740993);
  EXPECT_EQ((*next)["properties"]["k"], "v");
}

TEST(Updates, ASnapshotMovesMainAndTheLog) {
  const Document first = grown(table(), 1, 0, 1);
  EXPECT_EQ(first["current-snapshot-id"], 1);
  EXPECT_EQ(first["last-sequence-number"], 1);
  const Document second = grown(first, 2, 1, 2);
  ASSERT_EQ(second["snapshot-log"].size(), 2u);
  EXPECT_EQ(second["snapshot-log"][1]["snapshot-id"], 2);
  EXPECT_EQ(second["last-updated-ms"], 1700000002000);
}

TEST(Updates, ASnapshotOfAnOlderStateIsAConflict) {
  const Document base = grown(grown(table(), 1, 0, 1), 2, 1, 2);
  EXPECT_EQ(updated(base, ("[" + snapshot(3, 1, 2) + "]").c_str()).status().code(), Code::kConflict);
  EXPECT_EQ(updated(base, ("[" + snapshot(2, 1, 3) + "]").c_str()).status().code(), Code::kInvalidArgument);
}

TEST(Updates, RowIdsOfVersionThreeAreReserved) {
  const Document base = table(R"({"format-version": "3"})");
  EXPECT_FALSE(updated(base, ("[" + snapshot(1, 0, 1) + "]").c_str()).ok());
  const char* rows = R"([{"action": "add-snapshot", "snapshot": {"snapshot-id": 1, "sequence-number": 1,
    "timestamp-ms": 1700000002000, "manifest-list": "m", "first-row-id": 0, "added-rows": 10}}])";
  const auto next = updated(base, rows);
  ASSERT_TRUE(next.ok()) << next.status().to_string();
  EXPECT_EQ((*next)["next-row-id"], 10);
  EXPECT_EQ(updated(*next, R"([{"action": "add-snapshot", "snapshot": {"snapshot-id": 2, "sequence-number": 2,
    "timestamp-ms": 1700000002000, "manifest-list": "m", "first-row-id": 5, "added-rows": 1}}])")
                .status()
                .code(),
            Code::kConflict);
}

TEST(Updates, RemovedSnapshotsTakeRefsAndHistoryWithThem) {
  Document base = grown(grown(table(), 1, 0, 1), 2, 1, 2);
  base = *updated(base, R"([{"action": "set-snapshot-ref", "ref-name": "t", "type": "tag", "snapshot-id": 1}])");
  const auto next = updated(base, R"([{"action": "remove-snapshots", "snapshot-ids": [1]}])");
  ASSERT_TRUE(next.ok());
  EXPECT_FALSE((*next)["refs"].contains("t"));
  EXPECT_EQ((*next)["snapshots"].size(), 1u);
  EXPECT_EQ((*next)["snapshot-log"].size(), 1u);
}

TEST(Updates, TheSameSchemaIsNotAddedTwice) {
  const Document base = table();
  Document update = {{"action", "add-schema"}, {"schema", base["schemas"][0]}};
  const auto same = apply_updates(&base, Document::array({update}), kNow);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ((*same)["schemas"].size(), 1u);
  update["schema"]["fields"].push_back({{"id", 5}, {"name", "c"}, {"required", false}, {"type", "int"}});
  const auto more =
      apply_updates(&base, Document::array({update, {{"action", "set-current-schema"}, {"schema-id", -1}}}), kNow);
  ASSERT_TRUE(more.ok()) << more.status().to_string();
  EXPECT_EQ((*more)["current-schema-id"], 1);
  EXPECT_EQ((*more)["last-column-id"], 5);
  EXPECT_FALSE(updated(base, R"([{"action": "set-current-schema", "schema-id": -1}])").ok());
}

TEST(Updates, VersionsGoUpOnlyAndUnknownActionsAreRefused) {
  const Document base = table();
  const auto third = updated(base, R"([{"action": "upgrade-format-version", "format-version": 3}])");
  ASSERT_TRUE(third.ok());
  EXPECT_EQ((*third)["next-row-id"], 0);
  EXPECT_FALSE(updated(*third, R"([{"action": "upgrade-format-version", "format-version": 2}])").ok());
  EXPECT_FALSE(updated(base, R"([{"action": "upgrade-format-version", "format-version": 9}])").ok());
  EXPECT_FALSE(updated(base, R"([{"action": "make-tea"}])").ok());
  EXPECT_FALSE(updated(base, R"([{"action": "set-properties", "updates": {"k": 1}}])").ok());
}

TEST(Requirements, SayWhatChanged) {
  const Document base = grown(table(), 1, 0, 1);
  const auto check = [&](const char* text) { return check_requirements(&base, Document::parse(text)); };
  EXPECT_TRUE(check(R"([{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 1},
    {"type": "assert-current-schema-id", "current-schema-id": 0}])")
                  .ok());
  const Status moved = check(R"([{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 5}])");
  EXPECT_EQ(moved.code(), Code::kConflict);
  EXPECT_NE(moved.message().find("expected id 5 != 1"), std::string::npos);
  EXPECT_EQ(check(R"([{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": null}])").code(),
            Code::kConflict);
  EXPECT_TRUE(check(R"([{"type": "assert-ref-snapshot-id", "ref": "new", "snapshot-id": null}])").ok());
  EXPECT_EQ(check(R"([{"type": "assert-create"}])").code(), Code::kConflict);
  EXPECT_EQ(check(R"([{"type": "assert-table-uuid", "uuid": "x"}])").code(), Code::kConflict);
  EXPECT_EQ(check(R"([{"type": "assert-weather"}])").code(), Code::kInvalidArgument);
  EXPECT_EQ(check_requirements(nullptr, Document::parse(R"([{"type": "assert-table-uuid", "uuid": "x"}])")).code(),
            Code::kConflict);
}

TEST(MetadataLog, IsBounded) {
  const Document base = table(R"({"write.metadata.previous-versions-max": "2",
    "write.metadata.delete-after-commit.enabled": "true"})");
  Document next = base;
  for (int i = 0; i < 3; ++i) {
    const auto outdated = extend_metadata_log(next, base, "m" + std::to_string(i));
    EXPECT_EQ(outdated.size(), i == 2 ? 1u : 0u);
  }
  EXPECT_EQ(next["metadata-log"].size(), 2u);
}

TEST(Documents, DeepNestingIsRefused) {
  EXPECT_EQ(parse_document(std::string(100000, '[')).status().code(), Code::kInvalidArgument);
  EXPECT_TRUE(parse_document(R"(["[[[[\"[["])").ok());
}

TEST(Views, DialectsDoNotGetLostUnasked) {
  const Document request = Document::parse(R"({"name": "v", "properties": {},
    "schema": {"type": "struct", "fields": []}, "view-version": {"schema-id": 0, "timestamp-ms": 5, "summary": {},
    "default-namespace": ["a"], "representations": [{"type": "sql", "dialect": "spark", "sql": "select 1"}]}})");
  const auto view = new_view(request, "file:///pond/v", kNow);
  ASSERT_TRUE(view.ok()) << view.status().to_string();
  EXPECT_EQ((*view)["current-version-id"], 1);
  Document version = request["view-version"];
  version["representations"][0]["dialect"] = "trino";
  const Document updates = Document::array({{{"action", "add-view-version"}, {"view-version", version}},
                                            {{"action", "set-current-view-version"}, {"view-version-id", -1}}});
  EXPECT_FALSE(apply_view_updates(*view, updates, kNow).ok());
  version["representations"].push_back(request["view-version"]["representations"][0]);
  const Document both = Document::array({{{"action", "add-view-version"}, {"view-version", version}},
                                         {{"action", "set-current-view-version"}, {"view-version-id", -1}}});
  const auto next = apply_view_updates(*view, both, kNow);
  ASSERT_TRUE(next.ok()) << next.status().to_string();
  EXPECT_EQ((*next)["current-version-id"], 2);
}

}  // namespace
}  // namespace millpond::pond
