// Tables with a fold, over real files and a real pond.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "millpond/extract/worker.h"
#include "millpond/flow/build.h"
#include "millpond/flow/lookup.h"
#include "millpond/index/table_index.h"
#include "millpond/pond/maintenance.h"

namespace millpond::flow {
namespace {

namespace fs = std::filesystem;

class FoldTableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millpond-fold-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directories(root_ / "docs");
    pond_ = *pond::Pond::init((root_ / ".pond").string());
    for (int i = 0; i < 12; ++i)
      write("doc" + std::to_string(100 + i) + ".md",
            "# Title " + std::to_string(i % 4) + "\n\nBody " + std::to_string(i) + ".\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) {
    const fs::path path = root_ / "docs" / name;
    std::ofstream(path) << text;
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::seconds(100 + clock_--));
  }

  std::string flow_text(const std::string& fold = "{dedup_exact: {by: [title]}}") const {
    return "sources:\n  - files: " + (root_ / "docs").string() +
           "\ntables:\n  documents: {from: sources, keep: [uri, sha256], steps: [extract]}\n"
           "  unique: {from: documents, keep: [uri, title], fold: " +
           fold +
           "}\n"
           "  after: {from: unique, keep: [title, duplicates]}\n";
  }

  std::map<std::string, TableReport> build(const std::string& text, std::int64_t memory_bytes = 1 << 30,
                                           int threads = 2) {
    Context context;
    context.set_threads(threads);
    context.set_memory_limit(memory_bytes);
    context.provide<Indexing>(index::table_indexing());
    context.provide<extract::WorkerPool>(std::make_shared<extract::WorkerPool>(MILLPOND_BINARY_DIR "/millpond"));
    auto planned = plan(*parse_flow(text, "pond.yaml"));
    EXPECT_TRUE(planned.ok()) << planned.status().to_string();
    auto report = flow::build(*pond_, *planned, {}, context);
    EXPECT_TRUE(report.ok()) << report.status().to_string();
    std::map<std::string, TableReport> reports;
    if (report.ok())
      for (const TableReport& each : report->tables) reports[each.table] = each;
    return reports;
  }
  std::map<std::string, TableReport> build() { return build(flow_text()); }

  /// "title: duplicates" of each row.
  std::vector<std::string> rows(const std::string& table_name) {
    Context context;
    std::vector<std::string> lines;
    const pond::Table table = *pond_->table(table_name);
    const auto batches = *read_all(table, pond::parts_of(*table.files()), {"title", "duplicates"}, context);
    for (const Batch& batch : batches) {
      const auto& titles = static_cast<const arrow::StringArray&>(*batch->column(0));
      const auto& counts = static_cast<const arrow::Int32Array&>(*batch->column(1));
      for (std::int64_t row = 0; row < batch->num_rows(); ++row)
        lines.push_back(titles.GetString(row) + ": " + std::to_string(counts.Value(row)));
    }
    return lines;
  }
  std::vector<std::string> ids(const std::string& table_name, const std::string& column) {
    Context context;
    std::vector<std::string> list;
    const pond::Table table = *pond_->table(table_name);
    const auto batches = *read_all(table, pond::parts_of(*table.files()), {column}, context);
    for (const Batch& batch : batches) {
      const auto& values = static_cast<const arrow::FixedSizeBinaryArray&>(*batch->column(0));
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) list.push_back(row_id_from(values.GetView(row)).hex());
    }
    return list;
  }

  fs::path root_;
  std::shared_ptr<pond::Pond> pond_;
  int clock_ = 1000;
};

TEST_F(FoldTableTest, KeepsOneRowOfEqualOnesAndNamesItsParent) {
  const auto report = build();
  EXPECT_EQ(report.at("unique").rows_in, 12);
  EXPECT_EQ(report.at("unique").rows_out, 4);
  EXPECT_EQ(report.at("unique").rows_dropped, 8);
  EXPECT_THAT(rows("unique"), ::testing::ElementsAre("Title 0: 2", "Title 1: 2", "Title 2: 2", "Title 3: 2"));
  const auto documents = ids("documents", "_row");
  EXPECT_EQ(ids("unique", "_parent"), std::vector<std::string>(documents.begin(), documents.begin() + 4));
}

TEST_F(FoldTableTest, NothingChangedDoesNothing) {
  build();
  const auto before = pond_->table("unique")->current_id();
  EXPECT_FALSE(build().at("unique").changed());
  EXPECT_EQ(pond_->table("unique")->current_id(), before);
}

TEST_F(FoldTableTest, AChangeUpstreamMakesItAnewAndTablesAfterItFollow) {
  build();
  fs::remove(root_ / "docs" / "doc100.md");
  write("new.md", "# Title 9\n\nNew.\n");
  const auto report = build();
  EXPECT_EQ(report.at("unique").rows_in, 12);
  EXPECT_THAT(rows("unique"),
              ::testing::UnorderedElementsAre("Title 0: 1", "Title 1: 2", "Title 2: 2", "Title 3: 2", "Title 9: 0"));
  EXPECT_EQ(report.at("after").rows_in, 2) << "only the rows that are others now";
  EXPECT_THAT(rows("after"), ::testing::UnorderedElementsAreArray(rows("unique")));
}

TEST_F(FoldTableTest, AnotherOptionMakesItAnew) {
  build();
  const auto report = build(flow_text("{dedup_exact: {by: [uri]}}"));
  EXPECT_EQ(report.at("documents").rows_in, 0);
  EXPECT_TRUE(report.at("unique").rebuilt);
  EXPECT_EQ(report.at("unique").rows_out, 12);
}

TEST_F(FoldTableTest, CompactionUpstreamMovesOnlyTheCursor) {
  build();
  write("new.md", "# Title 9\n\nNew.\n");
  build();
  Context context;
  ASSERT_TRUE(pond::compact(*pond_->table("documents"), {.dead_rows_share = 0}, context).ok());
  EXPECT_FALSE(build().at("unique").changed());
}

TEST_F(FoldTableTest, MemoryAndThreadsDoNotChangeTheRows) {
  build();
  const auto before = ids("unique", "_row");
  const auto lines = rows("unique");
  fs::remove_all(root_ / ".pond");
  pond_ = *pond::Pond::init((root_ / ".pond").string());
  build(flow_text(), 0, 4);
  EXPECT_EQ(ids("unique", "_row"), before);
  EXPECT_EQ(rows("unique"), lines);
  EXPECT_FALSE(fs::exists(root_ / ".pond" / "spill"));
}

TEST(FoldPlanTest, MistakesNameTheLine) {
  const auto message = [](const std::string& fold) {
    auto parsed = parse_flow(
        "tables:\n  documents: {from: sources, keep: [uri], steps: [extract]}\n  unique: {from: documents, keep: "
        "[uri], fold: " +
            fold + "}\n",
        "pond.yaml");
    return parsed.ok() ? plan(*parsed).status() : parsed.status();
  };
  EXPECT_TRUE(message("{dedup_exact: {by: [uri]}}").ok());
  EXPECT_EQ(message("dedup").to_string(),
            "not_found: pond.yaml:3: table unique: no such fold: dedup (`millpond operators` lists them.)");
  EXPECT_EQ(message("extract").hint(), "It is an operator: name it under `steps`.");
  EXPECT_THAT(message("{dedup_exact: {on: [uri]}}").message(),
              ::testing::StartsWith("pond.yaml:3: table unique: dedup_exact: unknown option: on"));
  EXPECT_THAT(message("{dedup_exact: {by: [text]}}").message(),
              ::testing::EndsWith("a column that is not there: text"));
  EXPECT_THAT(message("{dedup_exact: {by: []}}").message(), ::testing::EndsWith("`by` names no column"));
  EXPECT_THAT(message("[a, b]").message(), ::testing::StartsWith("pond.yaml:3: expected a fold's name"));
}

}  // namespace
}  // namespace millpond::flow
