// What other engines put into tables, and millpond itself never writes.

#include <arrow/io/file.h>
#include <arrow/table.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fixture.h"
#include "pond/live_files.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int64_t>;

class OtherWritersTest : public PondTest {
 protected:
  Table fresh(const char* name = "notes") { return must(must(Pond::open(path()))->table(name)); }

  /// The table with other metadata, as somebody else would have committed them.
  Table replaced(const Table& table, const std::string& text) {
    PondState& state = *table.pond();
    const std::string file = state.to_path(table.location()) + "/metadata/00900-" + new_uuid() + ".metadata.json";
    if (!write_file(file, text).ok()) throw std::runtime_error("cannot write " + file);
    EXPECT_TRUE(must(state.catalog->swap(table.name(), table.metadata_location(), state.to_uri(file))));
    return fresh(table.name().c_str());
  }
  Table patched(const Table& table, const std::function<void(json&)>& change) {
    json metadata = json::parse(must(read_file(table.pond()->to_path(table.metadata_location()))));
    change(metadata);
    return replaced(table, metadata.dump());
  }

  /// Commits one equality delete file: rows whose columns `equality_ids` are as in one of `rows` go.
  Table delete_equal(const Table& table, const Batch& rows, std::vector<std::int32_t> equality_ids) {
    PondState& pond = *table.pond();
    TableMetadata next = table.state()->metadata;
    ManifestEntry entry;
    entry.content = FileContent::kEqualityDeletes;
    entry.snapshot_id = new_snapshot_id();
    entry.file = write(table, rows).front();
    entry.equality_ids = std::move(equality_ids);
    Snapshot snapshot;
    snapshot.id = *entry.snapshot_id;
    snapshot.parent = next.current_snapshot_id;
    snapshot.sequence_number = ++next.last_sequence_number;
    snapshot.timestamp_ms = now_ms();
    snapshot.operation = "delete";
    snapshot.schema_id = next.current_schema_id;
    const std::string folder = pond.to_path(next.location) + "/metadata/" + new_uuid();
    ManifestList list = *must(pond.manifests(next.current()->snapshot));
    const ManifestEntries entries = {entry};
    ManifestFile line = describe(entries, true, snapshot.id, snapshot.sequence_number);
    const std::string bytes = serialise_manifest(entries, next, 0, true);
    line.path = pond.to_uri(folder + "-m0.avro");
    line.length = static_cast<std::int64_t>(bytes.size());
    EXPECT_TRUE(write_file(folder + "-m0.avro", bytes).ok());
    list.push_back(line);
    EXPECT_TRUE(write_file(folder + "-list.avro", serialise_manifest_list(list, snapshot, next)).ok());
    snapshot.manifest_list = pond.to_uri(folder + "-list.avro");
    next.snapshots.push_back(make_snapshot_entry(snapshot));
    next.current_snapshot_id = snapshot.id;
    next.refs["main"].snapshot_id = snapshot.id;
    next.snapshot_log.push_back({snapshot.timestamp_ms, snapshot.id});
    return replaced(table, serialise(next));
  }

  static Batch pairs(const std::vector<std::pair<std::int64_t, const char*>>& values) {
    arrow::Int64Builder ids;
    arrow::StringBuilder texts;
    for (const auto& [id, text] : values) {
      EXPECT_TRUE(ids.Append(id).ok());
      EXPECT_TRUE((text != nullptr ? texts.Append(text) : texts.AppendNull()).ok());
    }
    return arrow::RecordBatch::Make(
        arrow::schema({arrow::field("id", arrow::int64(), false), arrow::field("text", arrow::utf8())}),
        static_cast<std::int64_t>(values.size()), {*ids.Finish(), *texts.Finish()});
  }
  std::vector<std::string> texts(const Table& table, const char* column) {
    ScanOptions options;
    options.columns = {column};
    std::vector<std::string> out;
    const auto stream = must(table.scan(options, context_));
    while (const auto batch = must(stream->next(context_))) {
      const auto& values = static_cast<const arrow::StringArray&>(*(*batch)->column(0));
      for (std::int64_t i = 0; i < values.length(); ++i) out.push_back(values.IsNull(i) ? "null" : values.GetString(i));
    }
    return out;
  }
};

TEST_F(OtherWritersTest, EqualityDeletesConcernOlderRowsOnly) {
  Table table = append(must(pond_->create_table("notes", notes())), 0, 6);
  table = delete_equal(table, pairs({{2, "whatever"}, {4, nullptr}, {77, "none"}}), {1});
  EXPECT_EQ(ids(table), (Ids{0, 1, 3, 5}));
  table = append(table, 2, 1);
  EXPECT_EQ(ids(table), (Ids{0, 1, 3, 5, 2})) << "the row that came after is another";
  EXPECT_EQ(must(table.rows()), 5);
}

TEST_F(OtherWritersTest, EqualityDeletesOfTwoColumnsAndOfNull) {
  Table table = must(pond_->create_table("notes", notes()));
  table = must(table.update()
                   .append(write(table, pairs({{1, "a"}, {1, "b"}, {2, "a"}, {3, nullptr}, {4, nullptr}})))
                   .commit(context_));
  const Table both = delete_equal(table, pairs({{1, "a"}, {2, "b"}, {3, nullptr}}), {1, 2});
  EXPECT_EQ(ids(both), (Ids{1, 2, 4}));
  EXPECT_EQ(ids(delete_equal(both, pairs({{0, nullptr}}), {2})), (Ids{1, 2})) << "null is equal to null";
}

TEST_F(OtherWritersTest, EqualityDeletesSurviveWhatMillpondDoes) {
  Table table = append(must(pond_->create_table("notes", notes())), 0, 6);
  const std::int64_t before = *table.current_id();
  table = delete_equal(table, pairs({{2, ""}, {4, ""}}), {1});
  const Difference difference = must(table.difference(before, *table.current_id()));
  EXPECT_EQ(difference.removed_rows(), 2);
  EXPECT_EQ(difference.added_rows(), 0);
  const std::string file = must(table.files())[0].file.path;
  table = must(table.update().delete_rows(file, {0, 2}).commit(context_));
  EXPECT_EQ(ids(table), (Ids{1, 3, 5}));
  must(compact(table, {}, context_));
  EXPECT_EQ(ids(fresh()), (Ids{1, 3, 5}));
  const auto manifests = must(fresh().pond()->manifests(*fresh().current()));
  EXPECT_TRUE(must(live_entries(*fresh().pond(), *manifests)).equality.empty()) << "nothing is left for it to delete";
}

TEST_F(OtherWritersTest, ColumnsHaveTheirDefaultValues) {
  Table table = append(must(pond_->create_table("notes", notes(), {{"format-version", "3"}})), 0, 2);
  table = patched(table, [](json& metadata) {
    metadata["schemas"][0]["fields"].push_back({{"id", 3},
                                                {"name", "lang"},
                                                {"type", "string"},
                                                {"required", false},
                                                {"initial-default", "en"},
                                                {"write-default", "de"}});
    metadata["schemas"][0]["fields"].push_back({{"id", 4}, {"name", "plain"}, {"type", "string"}, {"required", false}});
    metadata["last-column-id"] = 4;
  });
  EXPECT_EQ(texts(table, "lang"), (std::vector<std::string>{"en", "en"}));
  EXPECT_EQ(texts(table, "plain"), (std::vector<std::string>{"null", "null"}));
  table = append(table, 2, 1);
  EXPECT_EQ(texts(table, "lang"), (std::vector<std::string>{"en", "en", "de"}));
  must(compact(table, {}, context_));
  EXPECT_EQ(texts(fresh(), "lang"), (std::vector<std::string>{"en", "en", "de"})) << "rewritten rows keep theirs";
}

TEST_F(OtherWritersTest, FilesWithoutIdsAreReadThroughTheNameMapping) {
  const json mapping = {{{"field-id", 1}, {"names", {"id", "identifier"}}}, {{"field-id", 2}, {"names", {"body"}}}};
  const Table table = must(pond_->create_table("notes", notes(), {{"schema.name-mapping.default", mapping.dump()}}));
  const Batch named = rows(5, 3)->RenameColumns({"identifier", "body"}).ValueOrDie();
  const std::string path = table.pond()->to_path(table.location()) + "/data/foreign.parquet";
  {
    auto sink = arrow::io::FileOutputStream::Open(path).ValueOrDie();
    const auto whole = arrow::Table::FromRecordBatches({named}).ValueOrDie();
    ASSERT_TRUE(parquet::arrow::WriteTable(*whole, arrow::default_memory_pool(), sink).ok());
    ASSERT_TRUE(sink->Close().ok());
  }
  const DataFile file{.path = table.pond()->to_uri(path), .rows = 3, .size_bytes = must(file_size(path))};
  const Table after = must(table.update().append(file).commit(context_));
  EXPECT_EQ(ids(after), (Ids{5, 6, 7}));
  EXPECT_EQ(texts(after, "text"), (std::vector<std::string>{"note 5", "note 6", "note 7"}));
}

TEST_F(OtherWritersTest, AVoidPartitionHoldsEverything) {
  Table table = must(pond_->create_table("notes", notes()));
  table = patched(table, [](json& metadata) {
    metadata["partition-specs"] = {
        {{"spec-id", 0},
         {"fields", {{{"source-id", 2}, {"field-id", 1000}, {"name", "text_null"}, {"transform", "void"}}}}}};
    metadata["last-partition-id"] = 1000;
  });
  table = append(table, 0, 4);
  ASSERT_EQ(must(table.files()).size(), 1u);
  const DataFile file = must(table.files())[0].file;
  ASSERT_TRUE(file.partition);
  EXPECT_EQ(*file.partition, (Partition{{1000, std::nullopt}}));
  EXPECT_EQ(ids(fresh()), range(0, 4));
  table = must(table.update().delete_rows(file.path, {1}).commit(context_));
  EXPECT_EQ(ids(fresh()), (Ids{0, 2, 3}));
}

TEST_F(OtherWritersTest, AClockThatIsAheadDoesNotTurnTheHistoryAround) {
  Table table = append(must(pond_->create_table("notes", notes())), 0, 2);
  const std::int64_t ahead = now_ms() + 3'600'000;
  table = patched(table, [&](json& metadata) {
    metadata["last-updated-ms"] = ahead;
    metadata["snapshots"][0]["timestamp-ms"] = ahead;
    metadata["snapshot-log"][0]["timestamp-ms"] = ahead;
  });
  table = append(table, 2, 2);
  EXPECT_GE(table.current()->timestamp_ms, ahead);
  EXPECT_EQ(ids(table, must(table.snapshot_at(table.current()->at())).id), range(0, 4));
}

}  // namespace
}  // namespace millpond::pond
