#include "fixture.h"
#include "pond/state.h"
#include "pond/update_plan.h"

namespace millpond::pond {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::int64_t>;

class MaintenanceTest : public PondTest {
 protected:
  void SetUp() override {
    PondTest::SetUp();
    table_ = must(pond_->create_table("notes", notes()));
    for (int i = 0; i < 5; ++i) table_ = append(table_, i * 10, 10);
  }
  std::string file(std::size_t index) { return must(table_.files())[index].file.path; }
  Table fresh() { return must(pond_->table("notes")); }
  std::size_t data_files() { return must(list_files(path() + "/tables/notes/data")).size(); }
  std::size_t metadata_files() { return must(list_files(path() + "/tables/notes/metadata")).size(); }

  Table table_ = Table(nullptr, nullptr);
};

TEST_F(MaintenanceTest, CompactionMergesFilesAppliesDeletesAndKeepsTheOrder) {
  table_ = must(table_.update().delete_rows(file(1), {0, 5}).commit(context_));
  const Ids before = ids(table_);
  const CompactReport report = must(compact(table_, {}, context_));
  EXPECT_EQ(report.files_before, 5);
  EXPECT_EQ(report.files_after, 1);
  EXPECT_EQ(report.rows, 48);
  EXPECT_EQ(ids(fresh()), before);
  EXPECT_EQ(fresh().current()->operation, "replace");
  EXPECT_EQ(fresh().current()->summary.at("total-delete-files"), "0");
  EXPECT_EQ(fresh().current()->summary.at("total-records"), "48");
  // Rows that come later still come later.
  EXPECT_EQ(ids(append(fresh(), 100, 1)).back(), 100);
}

TEST_F(MaintenanceTest, CompactionLeavesAGoodTableAlone) {
  must(compact(table_, {}, context_));
  const auto id = fresh().current_id();
  EXPECT_EQ(must(compact(fresh(), {}, context_)).files_after, 1);
  EXPECT_EQ(fresh().current_id(), id);
}

TEST_F(MaintenanceTest, CompactionBringsNoDeletedRowBack) {
  const Table before = table_;
  const std::size_t files = data_files();
  must(table_.update().delete_rows(file(2), {3}).commit(context_));  // after the compaction has read its rows
  EXPECT_EQ(compact(before, {}, context_).status().code(), Code::kConflict);
  Ids expected = range(0, 50);
  expected.erase(expected.begin() + 23);
  EXPECT_EQ(ids(fresh()), expected);
  EXPECT_EQ(data_files(), files + 1) << "the delete file; what the compaction wrote is removed";
}

TEST_F(MaintenanceTest, CompactionDoesNotMindAppends) {
  const Table before = table_;
  append(table_, 50, 10);
  must(compact(before, {}, context_));
  EXPECT_EQ(ids(fresh()), range(0, 60));
  EXPECT_EQ(must(fresh().files()).size(), 2u);
}

TEST_F(MaintenanceTest, AFailureIsForgivenOnlyIfTheTableWentOn) {
  EXPECT_TRUE(overtaken(conflict("somebody was faster"), table_));
  EXPECT_FALSE(overtaken(not_found("a file"), table_)) << "the table is as it was: a file is missing";
  append(table_, 50, 10);
  EXPECT_TRUE(overtaken(not_found("a file"), table_)) << "it may be one that the other process expired";
  EXPECT_FALSE(overtaken(not_found("a file"), fresh()));
}

TEST_F(MaintenanceTest, ExpiryRemovesWhatOnlyOldSnapshotsNeed) {
  must(compact(table_, {}, context_));
  EXPECT_EQ(data_files(), 6u);
  const ExpireReport report = must(expire_snapshots(fresh(), {}, context_));
  EXPECT_EQ(report.snapshots, 5);
  EXPECT_EQ(data_files(), 1u);
  EXPECT_EQ(fresh().snapshots().size(), 1u);
  EXPECT_EQ(ids(fresh()), range(0, 50));
  EXPECT_EQ(ids(must(must(Pond::open(path()))->table("notes"))), range(0, 50));
}

TEST_F(MaintenanceTest, ExpiryKeepsWhatThePolicySays) {
  EXPECT_EQ(must(expire_snapshots(table_, {.keep_last = 2}, context_)).snapshots, 3);
  EXPECT_EQ(fresh().snapshots().size(), 2u);
  EXPECT_EQ(must(expire_snapshots(fresh(), {.keep_last = 1, .older_than = 1h}, context_)).snapshots, 0);
  EXPECT_EQ(ids(fresh(), fresh().snapshots()[0].id), range(0, 40));
}

TEST_F(MaintenanceTest, ExpiryNeverTouchesAFileThatIsStillLive) {
  must(expire_snapshots(table_, {}, context_));
  EXPECT_EQ(data_files(), 5u) << "older snapshots wrote them, the newest reads them";
  EXPECT_EQ(ids(fresh()), range(0, 50));
}

TEST_F(MaintenanceTest, OrphansGoButNotWithinTheirGrace) {
  const std::vector<DataFile> lost = write(table_, rows(900, 1));  // as a crash leaves it
  EXPECT_EQ(must(remove_orphans(table_, 1h, context_)).files, 0);
  EXPECT_EQ(data_files(), 6u);
  const std::size_t metadata = metadata_files();
  EXPECT_EQ(must(remove_orphans(table_, 0ms, context_)).files, 1);
  EXPECT_EQ(data_files(), 5u);
  EXPECT_EQ(metadata_files(), metadata);
  EXPECT_EQ(ids(must(must(Pond::open(path()))->table("notes"))), range(0, 50));
}

TEST_F(MaintenanceTest, MergedManifestsHoldTheSameFiles) {
  table_ = must(merge_manifests(table_, context_));
  EXPECT_EQ(must(table_.pond()->manifests(*table_.current()))->size(), 1u);
  EXPECT_EQ(ids(table_), range(0, 50));
  const auto id = table_.current_id();
  EXPECT_EQ(must(merge_manifests(table_, context_)).current_id(), id) << "nothing left to merge";
}

}  // namespace
}  // namespace millpond::pond
