// Incremental builds, over real files and a real pond; without the model, so that it is quick.

#include "millpond/flow/build.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "millpond/extract/worker.h"
#include "millpond/flow/lookup.h"
#include "millpond/index/table_index.h"
#include "millpond/pond/maintenance.h"

namespace millpond::flow {
namespace {

namespace fs = std::filesystem;

class BuildTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millpond-build-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directories(root_ / "docs");
    pond_ = *pond::Pond::init((root_ / ".pond").string());
    for (int i = 0; i < 20; ++i)
      write("doc" + std::to_string(i) + ".md",
            "# Title " + std::to_string(i) + "\n\nThe body of document " + std::to_string(i) + " says so.\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  /// Files in the past, so that their times are trusted (see source/files.cpp).
  void write(const std::string& name, const std::string& text) {
    const fs::path path = root_ / "docs" / name;
    std::ofstream(path) << text;
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::seconds(100 + clock_--));
  }

  std::string flow_text(const std::string& chunk_options = "tokens_max: 64") const {
    return "sources:\n  - files: " + (root_ / "docs").string() +
           "\ntables:\n  documents: {from: sources, keep: [uri, sha256], steps: [extract]}\n"
           "  chunks: {from: documents, keep: [uri, title], steps: [{chunk: {" +
           chunk_options +
           "}}]}\n"
           "indexes:\n  chunks: {text: [text]}\n";
  }

  BuildReport build(const std::string& text, int threads = 2, BuildOptions options = {}) {
    Context context;
    context.set_threads(threads);
    context.provide<Indexing>(index::table_indexing());
    context.provide<extract::WorkerPool>(std::make_shared<extract::WorkerPool>(MILLPOND_BINARY_DIR "/millpond"));
    auto planned = plan(*parse_flow(text, "pond.yaml"));
    EXPECT_TRUE(planned.ok()) << planned.status().to_string();
    auto report = flow::build(*pond_, *planned, options, context);
    EXPECT_TRUE(report.ok()) << report.status().to_string();
    return report.ok() ? *std::move(report) : BuildReport{};
  }
  BuildReport build() { return build(flow_text()); }

  static const TableReport& of(const BuildReport& report, const std::string& table) {
    for (const TableReport& each : report.tables)
      if (each.table == table) return each;
    static const TableReport none;
    return none;
  }

  /// Every row of a column, in table order, as text.
  std::vector<std::string> column(const std::string& table_name, const std::string& name) {
    Context context;
    std::vector<std::string> values;
    const pond::Table table = *pond_->table(table_name);
    const auto batches = *read_all(table, pond::parts_of(*table.files()), {name}, context);
    for (const Batch& batch : batches) {
      const auto& array = *batch->column(0);
      for (std::int64_t row = 0; row < array.length(); ++row) {
        if (const auto* text = dynamic_cast<const arrow::StringArray*>(&array)) values.push_back(text->GetString(row));
        if (const auto* id = dynamic_cast<const arrow::FixedSizeBinaryArray*>(&array))
          values.push_back(row_id_from(id->GetView(row)).hex());
      }
    }
    return values;
  }
  std::multiset<std::string> texts() {
    const auto values = column("chunks", "text");
    return {values.begin(), values.end()};
  }

  fs::path root_;
  std::shared_ptr<pond::Pond> pond_;
  int clock_ = 1000;
};

TEST_F(BuildTest, FirstBuildMakesEveryRowOnce) {
  const BuildReport report = build();
  EXPECT_EQ(of(report, "sources").rows_out, 20);
  EXPECT_EQ(of(report, "documents").rows_out, 20);
  const auto rows = column("chunks", "_row");
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(of(report, "chunks").rows_out));
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), rows.size());
  EXPECT_FALSE(report.run.empty());
}

TEST_F(BuildTest, NothingChangedDoesNothing) {
  build();
  const auto before = pond_->table("chunks")->current_id();
  const BuildReport report = build();
  for (const TableReport& table : report.tables) EXPECT_FALSE(table.changed()) << table.table;
  EXPECT_TRUE(report.run.empty());
  EXPECT_EQ(pond_->table("chunks")->current_id(), before);
}

TEST_F(BuildTest, OneFileEditedMakesOnlyItsRowsAgain) {
  build();
  write("doc7.md", "# Title 7\n\nNow with a heron.\n");
  const BuildReport report = build();
  EXPECT_EQ(of(report, "sources").rows_in, 1);
  EXPECT_EQ(of(report, "documents").rows_in, 1);
  EXPECT_EQ(of(report, "chunks").rows_in, 1);
  EXPECT_EQ(of(report, "chunks").rows_deleted, 1);
  EXPECT_EQ(column("documents", "uri").size(), 20u);
  EXPECT_THAT(column("chunks", "text"), ::testing::Contains(::testing::HasSubstr("heron")));
  EXPECT_THAT(column("chunks", "text"), ::testing::Not(::testing::Contains(::testing::HasSubstr("document 7 says"))));
}

TEST_F(BuildTest, ADeletedFileTakesItsRowsWithIt) {
  build();
  fs::remove(root_ / "docs" / "doc3.md");
  const BuildReport report = build();
  EXPECT_EQ(of(report, "documents").rows_deleted, 1);
  EXPECT_EQ(of(report, "chunks").rows_in, 0);
  EXPECT_THAT(column("chunks", "text"), ::testing::Not(::testing::Contains(::testing::HasSubstr("document 3 says"))));
  EXPECT_EQ(column("documents", "uri").size(), 19u);
}

TEST_F(BuildTest, ARenamedFileIsNotExtractedAgain) {
  build();
  fs::rename(root_ / "docs" / "doc5.md", root_ / "docs" / "heron.md");
  const BuildReport report = build();
  EXPECT_EQ(of(report, "documents").rows_in, 1);
  EXPECT_EQ(of(report, "documents").rows_reused, 1);
  EXPECT_THAT(column("chunks", "uri"), ::testing::Contains(::testing::HasSubstr("heron.md")));
  EXPECT_THAT(column("chunks", "uri"), ::testing::Not(::testing::Contains(::testing::HasSubstr("doc5.md"))));
}

TEST_F(BuildTest, ATouchedFileChangesNothingDownstream) {
  build();
  fs::last_write_time(root_ / "docs" / "doc5.md", fs::file_time_type::clock::now() - std::chrono::seconds(7));
  const BuildReport report = build();
  EXPECT_EQ(of(report, "sources").rows_in, 1);
  EXPECT_EQ(of(report, "documents").rows_in, 0);
  EXPECT_EQ(of(report, "chunks").rows_in, 0);
}

TEST_F(BuildTest, AnotherChunkOptionDoesNotExtractAgain) {
  build();
  const BuildReport report = build(flow_text("tokens_max: 16, tokens_min: 1"));
  EXPECT_EQ(of(report, "documents").rows_in, 0);
  EXPECT_TRUE(of(report, "chunks").rebuilt);
  EXPECT_EQ(of(report, "chunks").rows_in, 20);
  const auto rows = column("chunks", "_row");
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), rows.size());
}

TEST_F(BuildTest, PropertiesOfTheFlowAreTheTables) {
  const auto with = [&](const std::string& properties) {
    std::string text = flow_text();
    return text.insert(text.find("steps: [extract]"), "properties: {" + properties + "}, ");
  };
  build(with("format-version: 3, note: first"));
  EXPECT_EQ(pond_->table("documents")->format_version(), 3);
  EXPECT_EQ(pond_->table("documents")->properties().at("note"), "first");
  EXPECT_EQ(pond_->table("chunks")->format_version(), 2);
  const auto snapshot = pond_->table("documents")->current_id();
  EXPECT_TRUE(build(with("format-version: 3, note: second")).run.empty()) << "no row is made again";
  EXPECT_EQ(pond_->table("documents")->properties().at("note"), "second");
  EXPECT_EQ(pond_->table("documents")->current_id(), snapshot);
  const auto version = pond_->table("documents")->version();
  build(with("format-version: 3, note: second"));
  EXPECT_EQ(pond_->table("documents")->version(), version) << "nothing to set";

  auto planned = plan(*parse_flow(with("format-version: 2"), "pond.yaml"));
  Context context;
  const auto refused = flow::build(*pond_, *planned, {}, context);
  EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
}

TEST_F(BuildTest, RowsDoNotDependOnThreads) {
  build(flow_text(), 1);
  const auto one = column("chunks", "_row");
  const auto one_text = column("chunks", "text");
  fs::remove_all(root_ / ".pond");
  pond_ = *pond::Pond::init((root_ / ".pond").string());
  build(flow_text(), 4);
  EXPECT_EQ(column("chunks", "_row"), one);
  EXPECT_EQ(column("chunks", "text"), one_text);
}

TEST_F(BuildTest, CompactionChangesNothingDownstream) {
  build();
  write("new.md", "# One more\n\nA new document.\n");
  build();
  Context context;
  const auto before = texts();
  ASSERT_TRUE(pond::compact(*pond_->table("documents"), {.dead_rows_share = 0}, context).ok());
  const BuildReport report = build();
  EXPECT_EQ(of(report, "chunks").rows_in, 0);
  EXPECT_EQ(of(report, "chunks").rows_deleted, 0);
  EXPECT_EQ(texts(), before);
}

TEST_F(BuildTest, AnExpiredUpstreamSnapshotIsReconciledByRows) {
  build();
  write("doc1.md", "# Title 1\n\nAn egret.\n");
  write("extra.md", "# Extra\n\nMore.\n");
  Context context;
  BuildOptions options;
  // Bring only documents up to date, then forget the snapshot that chunks were built from.
  build("sources:\n  - files: " + (root_ / "docs").string() +
        "\ntables:\n  documents: {from: sources, keep: [uri, sha256], steps: [extract]}\n");
  ASSERT_TRUE(pond::expire_snapshots(*pond_->table("documents"), {}, context).ok());
  const BuildReport report = build();
  EXPECT_EQ(of(report, "chunks").rows_in, 2);
  EXPECT_EQ(of(report, "chunks").rows_deleted, 1);
  EXPECT_THAT(column("chunks", "text"), ::testing::Contains(::testing::HasSubstr("egret")));
}

TEST_F(BuildTest, RejectsAreKeptAndGoWhenTheFileIsMended) {
  write("broken.pdf", "%PDF-1.7\nthis is no PDF at all");
  const BuildReport first = build();
  EXPECT_EQ(of(first, "documents").rows_rejected, 1);
  EXPECT_EQ(of(first, "documents").rows_out, 20);
  ASSERT_EQ(column("rejects", "uri").size(), 1u);
  EXPECT_THAT(column("rejects", "uri")[0], ::testing::HasSubstr("broken.pdf"));
  build();
  EXPECT_EQ(column("rejects", "uri").size(), 1u) << "an unchanged reject stays, and is not tried again";
  BuildOptions retry;
  retry.retry_rejects = true;
  EXPECT_EQ(of(build(flow_text(), 2, retry), "documents").rows_in, 1);
  EXPECT_EQ(column("rejects", "uri").size(), 1u) << "tried again, rejected again, once in the table";
  fs::remove(root_ / "docs" / "broken.pdf");
  build();
  EXPECT_TRUE(column("rejects", "uri").empty());
}

TEST_F(BuildTest, AnUnreadableSourceKeepsItsRows) {
  build();
  fs::rename(root_ / "docs", root_ / "away");
  const BuildReport report = build();
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_THAT(report.warnings[0], ::testing::HasSubstr("cannot read the source"));
  EXPECT_EQ(column("documents", "uri").size(), 20u);
  fs::rename(root_ / "away", root_ / "docs");
}

TEST_F(BuildTest, ASourceThatIsRemovedFromTheFlowTakesItsRows) {
  build();
  build("tables:\n  documents: {from: sources, keep: [uri, sha256], steps: [extract]}\n");
  EXPECT_TRUE(column("documents", "uri").empty());
}

TEST_F(BuildTest, TwoBuildsAtOnceMakeEachRowOnce) {
  std::thread other([&] { build(); });
  build();
  other.join();
  const auto rows = column("chunks", "_row");
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), rows.size());
  EXPECT_EQ(column("documents", "uri").size(), 20u);
}

TEST_F(BuildTest, ACancelledBuildIsContinued) {
  Context context;
  context.provide<Indexing>(index::table_indexing());
  context.provide<extract::WorkerPool>(std::make_shared<extract::WorkerPool>(MILLPOND_BINARY_DIR "/millpond"));
  context.cancel().request();
  auto planned = plan(*parse_flow(flow_text(), "pond.yaml"));
  EXPECT_EQ(flow::build(*pond_, *planned, {}, context).status().code(), Code::kCancelled);
  build();
  EXPECT_EQ(column("documents", "uri").size(), 20u);
}

TEST_F(BuildTest, SegmentsBelongToOneSnapshot) {
  build();
  index::SegmentCache cache;
  Context context;
  const pond::Table table = *pond_->table("chunks");
  const IndexSpec spec = parse_flow(flow_text(), "pond.yaml")->indexes[0];
  auto opened = index::open_table(*pond_, spec, table, {}, cache, context);
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  const auto count = [&](const index::TableSearcher& searcher, const std::string& text) {
    index::Query query;
    query.text = text;
    query.legs = index::Legs::kWords;
    return searcher.searcher->search(query)->hits.size();
  };
  EXPECT_EQ(count(*opened, "heron"), 0u);
  write("doc7.md", "# Title 7\n\nNow with a heron.\n");
  build();
  EXPECT_EQ(count(*opened, "heron"), 0u) << "the searcher that was open sees its own snapshot";
  auto later = index::open_table(*pond_, spec, *pond_->table("chunks"), {}, cache, context);
  EXPECT_EQ(count(*later, "heron"), 1u);
  fs::remove_all(root_ / ".pond" / "indexes");
  index::SegmentCache empty;
  auto again = index::open_table(*pond_, spec, *pond_->table("chunks"), {}, empty, context);
  ASSERT_TRUE(again.ok()) << "a lost segment is made again: " << again.status().to_string();
  EXPECT_EQ(count(*again, "heron"), 1u);
}

}  // namespace
}  // namespace millpond::flow
