#include <set>
#include <thread>

#include "fixture.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

using Ids = std::vector<std::int64_t>;

class UpdateTest : public PondTest {
 protected:
  void SetUp() override {
    PondTest::SetUp();
    table_ = append(must(pond_->create_table("notes", notes())), 0, 4);
  }
  Table fresh() { return must(pond_->table("notes")); }
  std::string first_file() { return must(fresh().files())[0].file.path; }

  Table table_ = Table(nullptr, nullptr);
};

TEST_F(UpdateTest, AppendsOnTopOfWhatOthersCommitted) {
  const Table stale = table_;
  append(stale, 4, 2);
  append(stale, 6, 2);  // `stale` does not know the commit before
  EXPECT_EQ(ids(fresh()), Ids({0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(fresh().snapshots().size(), 3u);
}

TEST_F(UpdateTest, RequiredSnapshotForbidsTheRebase) {
  const Table stale = table_;
  append(stale, 4, 2);
  Update update = stale.update();
  update.append(write(stale, rows(6, 2))).require_snapshot(stale.current_id());
  EXPECT_EQ(update.commit(context_).status().code(), Code::kConflict);
  EXPECT_EQ(ids(fresh()).size(), 6u);
  // On the new state it goes through, with the same files.
  EXPECT_TRUE(update.require_snapshot(fresh().current_id()).commit(context_).ok());
  EXPECT_EQ(ids(fresh()).size(), 8u);
}

TEST_F(UpdateTest, DeletesOfTwoWritersAddUp) {
  const Table stale = table_;
  must(stale.update().delete_rows(first_file(), {0}).commit(context_));
  must(stale.update().delete_rows(first_file(), {0, 2}).commit(context_));
  EXPECT_EQ(ids(fresh()), Ids({1, 3}));
}

TEST_F(UpdateTest, CannotDeleteFromAFileThatIsGone) {
  const Table stale = table_;
  const std::string file = first_file();
  must(stale.update().replace_all(write(stale, rows(100, 2))).commit(context_));
  EXPECT_EQ(stale.update().delete_rows(file, {0}).commit(context_).status().code(), Code::kConflict);
  EXPECT_EQ(stale.update().remove_file(file).commit(context_).status().code(), Code::kConflict);
  EXPECT_EQ(ids(fresh()), Ids({100, 101}));
}

TEST_F(UpdateTest, CannotDeleteARowThatNeverWas) {
  EXPECT_EQ(table_.update().delete_rows(first_file(), {4}).commit(context_).status().code(), Code::kInvalidArgument);
}

TEST_F(UpdateTest, ReplacesAllRowsAtOnce) {
  must(table_.update().delete_rows(first_file(), {1}).commit(context_));
  const Table after = must(fresh().update().replace_all(write(table_, rows(50, 3))).commit(context_));
  EXPECT_EQ(ids(after), Ids({50, 51, 52}));
  EXPECT_EQ(after.current()->operation, "overwrite");
  EXPECT_EQ(after.current()->summary.at("total-delete-files"), "0");
}

TEST_F(UpdateTest, RemovesAndAppendsInOneSnapshot) {
  const Table after =
      must(table_.update().remove_file(first_file()).append(write(table_, rows(9, 1))).commit(context_));
  EXPECT_EQ(ids(after), Ids({9}));
  EXPECT_EQ(after.current()->summary.at("deleted-data-files"), "1");
  EXPECT_EQ(after.current()->summary.at("deleted-records"), "4");
}

TEST_F(UpdateTest, StoresACursorWithTheData) {
  must(table_.update()
           .append(write(table_, rows(4, 1)))
           .summary("cursor", "{\"up\":\"to \\\"here\\\"\"}")
           .commit(context_));
  EXPECT_EQ(must(must(Pond::open(path()))->table("notes")).current()->summary.at("cursor"),
            "{\"up\":\"to \\\"here\\\"\"}");
}

TEST_F(UpdateTest, StoresACursorWithoutData) {
  const Table after = must(table_.update().allow_empty().summary("cursor", "7").commit(context_));
  EXPECT_NE(after.current_id(), table_.current_id());
  EXPECT_EQ(after.current()->summary.at("cursor"), "7");
  EXPECT_EQ(ids(after), ids(table_));
}

TEST_F(UpdateTest, DoesNothingWhenThereIsNothingToDo) {
  const Table after = must(table_.update().commit(context_));
  EXPECT_EQ(after.metadata_location(), table_.metadata_location());
}

TEST_F(UpdateTest, SetsProperties) {
  const Table after = must(table_.update().set_property("color", "blue").commit(context_));
  EXPECT_EQ(after.properties().at("color"), "blue");
  EXPECT_EQ(after.current_id(), table_.current_id()) << "no snapshot for that";
}

TEST_F(UpdateTest, ManyThreadsLoseNothing) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      const auto own = must(Pond::open(path()));
      Context context;
      for (int i = 0; i < 5; ++i) {
        const Table table = must(own->table("notes"));
        must(table.update().append(write(table, rows(1000 * (t + 1) + i, 1))).commit(context));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Ids all = ids(fresh());
  EXPECT_EQ(all.size(), 24u);
  EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), 24u);
}

TEST_F(UpdateTest, MergesManifestsSoThatTheirNumberStaysSmall) {
  Table table = must(pond_->create_table("many", notes(), {{"commit.manifest.min-count-to-merge", "5"}}));
  for (int i = 0; i < 23; ++i) table = append(table, i, 1);
  EXPECT_EQ(ids(table), range(0, 23));
  const auto manifests = [&] { return must(table.pond()->manifests(*table.current()))->size(); };
  EXPECT_EQ(manifests(), 4 + 3u);  // of five files each, and of one
  const Table before = table;
  for (int i = 23; i < 25; ++i) table = append(table, i, 1);
  EXPECT_EQ(manifests(), 1u);
  EXPECT_EQ(ids(table), range(0, 25));
  // One that is large is not written again for a few small ones.
  for (int i = 25; i < 34; ++i) table = append(table, i, 1);
  EXPECT_EQ(manifests(), 1 + 1 + 4u);
  EXPECT_EQ(ids(before), range(0, 23));
  // The oldest snapshot still reads: its manifests are its own.
  EXPECT_EQ(ids(table, table.snapshots()[9].id), range(0, 10));
}

TEST_F(UpdateTest, FoldsDeleteFilesSoThatTheirNumberStaysSmall) {
  Table table = append(must(pond_->create_table("many", notes())), 0, 100);
  const std::string file = must(table.files())[0].file.path;
  for (std::int64_t i = 0; i < 60; ++i) table = must(table.update().delete_rows(file, {i}).commit(context_));
  EXPECT_EQ(ids(table), range(60, 100));
  EXPECT_LT(std::stoi(table.current()->summary.at("total-delete-files")), 18);
}

TEST_F(UpdateTest, KeepsTheMetadataLogShort) {
  Table table = must(pond_->create_table("short", notes(), {{"write.metadata.previous-versions-max", "3"}}));
  for (int i = 0; i < 10; ++i) table = append(table, i, 1);
  int files = 0;
  for (const FileEntry& file : must(list_files(path() + "/tables/short/metadata")))
    files += file.path.ends_with(".json");
  EXPECT_EQ(files, 4);
}

TEST_F(UpdateTest, AFailedCommitLeavesTheTableAndItsFilesAsTheyWere) {
  const auto files_now = [&] { return must(list_files(path() + "/tables/notes")).size(); };
  const std::vector<DataFile> files = write(table_, rows(4, 1));
  const std::size_t before = files_now();
  context_.cancel().request();
  EXPECT_EQ(table_.update().append(files).commit(context_).status().code(), Code::kCancelled);
  EXPECT_EQ(files_now(), before);
}

TEST_F(UpdateTest, ADroppedTableIsNotTheOneMadeAnew) {
  const Table old = table_;
  ASSERT_OK(pond_->drop_table("notes"));
  const Table anew = must(pond_->create_table("notes", notes()));
  EXPECT_EQ(old.update().allow_empty().commit(context_).status().code(), Code::kConflict);
  EXPECT_EQ(ids(anew), Ids());
}

}  // namespace
}  // namespace millpond::pond
