#include "millpond/pond/branches.h"

#include <thread>

#include "fixture.h"

namespace millpond::pond {
namespace {

using How = TableMerge::How;

class BranchesTest : public PondTest {
 protected:
  void SetUp() override {
    PondTest::SetUp();
    for (const char* name : {"notes", "plain"}) append(must(pond_->create_table(name, notes())), 0, 10);
  }
  std::shared_ptr<Pond> main() { return must(Pond::open(path())); }
  std::shared_ptr<Pond> on(const char* branch) { return must(open_branch(*main(), branch)); }
  Table at(const char* table) { return must(main()->table(table)); }
  Table at(const char* table, const char* branch) { return must(on(branch)->table(table)); }
  void make(const char* branch) { must(create_pond_ref(*main(), branch, false, "", context_)); }
  std::string file(const Table& table, std::size_t index) { return must(table.files())[index].file.path; }
  Status merge(const char* branch, MergeOptions options = {}) {
    return merge_branch(*main(), branch, options, report_, context_);
  }
  Status update(const char* branch, MergeOptions options = {}) {
    return update_branch(*main(), branch, options, report_, context_);
  }
  static MergeOptions all_derived() {
    MergeOptions options;
    options.derived = [](const Table&) { return true; };
    return options;
  }
  How how(const char* table) {
    for (const TableMerge& one : report_)
      if (one.table == table) return one.how;
    return How::kNothing;
  }
  std::vector<TableMerge> report_;
};

TEST_F(BranchesTest, ABranchIsWrittenWithoutTouchingMain) {
  make("trial");
  append(at("notes", "trial"), 10, 5);
  EXPECT_EQ(ids(at("notes")), range(0, 10));
  EXPECT_EQ(ids(at("notes", "trial")), range(0, 15));
  EXPECT_EQ(ids(at("plain", "trial")), range(0, 10));
  append(at("notes"), 100, 1);
  EXPECT_EQ(ids(at("notes", "trial")), range(0, 15));
}

TEST_F(BranchesTest, AMergePublishesAllTablesAtOnce) {
  make("trial");
  append(at("notes", "trial"), 10, 5);
  append(at("plain", "trial"), 10, 7);
  ASSERT_OK(merge("trial"));
  EXPECT_EQ(how("notes"), How::kFastForward);
  EXPECT_EQ(ids(at("notes")), range(0, 15));
  EXPECT_EQ(ids(at("plain")), range(0, 17));
  ASSERT_OK(merge("trial"));
  EXPECT_EQ(how("notes"), How::kNothing);
}

TEST_F(BranchesTest, ChangesAreReplayedWhereMainWentOn) {
  make("trial");
  Table branch = append(at("notes", "trial"), 10, 5);
  branch = must(branch.update().delete_rows(file(branch, 0), {0, 1}).commit(context_));
  branch = must(branch.update().delete_rows(file(branch, 1), {4}).commit(context_));
  Table table = append(at("notes"), 100, 2);
  must(table.update().delete_rows(file(table, 0), {1, 9}).commit(context_));
  ASSERT_OK(merge("trial"));
  EXPECT_EQ(how("notes"), How::kReplay);
  auto found = ids(at("notes"));
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::int64_t>{2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 100, 101}));
  EXPECT_EQ(ids(at("notes", "trial")).size(), 13u);
}

TEST_F(BranchesTest, ADerivedTableThatBothBuiltIsRefusedUntilItIsBuiltAgain) {
  make("trial");
  append(at("notes", "trial"), 10, 5);
  append(at("notes"), 100, 2);
  const Status refused = merge("trial", all_derived());
  EXPECT_EQ(refused.code(), Code::kConflict);
  EXPECT_NE(refused.hint().find("--update"), std::string::npos);
  EXPECT_EQ(ids(at("notes")).size(), 12u);
  ASSERT_OK(update("trial", all_derived()));
  append(at("notes", "trial"), 100, 3);  // what a build would make of it
  ASSERT_OK(merge("trial", all_derived()));
  EXPECT_EQ(ids(at("notes")).size(), 18u);
}

TEST_F(BranchesTest, AnUpdateBringsMainsChangesToTheBranch) {
  make("trial");
  append(at("notes", "trial"), 10, 5);
  append(at("notes"), 100, 2);
  append(at("plain"), 100, 1);
  ASSERT_OK(update("trial"));
  EXPECT_EQ(how("notes"), How::kReplay);
  EXPECT_EQ(how("plain"), How::kFastForward);
  EXPECT_EQ(ids(at("notes")).size(), 12u);
  EXPECT_EQ(ids(at("notes", "trial")).size(), 17u);
  EXPECT_EQ(ids(at("plain", "trial")).size(), 11u);
  ASSERT_OK(merge("trial"));
  EXPECT_EQ(how("notes"), How::kFastForward);
  EXPECT_EQ(ids(at("notes")).size(), 17u);
}

TEST_F(BranchesTest, ACompactionOfMainDoesNotBringDeletedRowsBack) {
  make("trial");
  Table branch = at("notes", "trial");
  must(branch.update().delete_rows(file(branch, 0), {3}).commit(context_));
  append(at("notes"), 100, 2);
  must(compact(at("notes"), {}, context_));
  EXPECT_EQ(merge("trial").code(), Code::kConflict);
  EXPECT_EQ(ids(at("notes")).size(), 12u);
  MergeOptions options;
  options.take_main = {"notes"};
  ASSERT_OK(merge("trial", options));
  EXPECT_EQ(ids(at("notes", "trial")).size(), 12u);
}

TEST_F(BranchesTest, ABranchHasColumnsOfItsOwn) {
  make("trial");
  Schema more = notes();
  more.push_back({"lang", utf8()});
  must(at("notes", "trial").update().evolve(more).commit(context_));
  append(at("notes", "trial"), 10, 1);
  EXPECT_EQ(at("notes").schema().size(), 2u);
  EXPECT_EQ(at("notes", "trial").schema().size(), 3u);
  append(at("notes"), 20, 1);
  EXPECT_EQ(at("notes").schema().size(), 2u);
  ASSERT_OK(merge("trial"));
  EXPECT_EQ(at("notes").schema().size(), 3u);
  EXPECT_EQ(ids(at("notes")).size(), 12u);
}

TEST_F(BranchesTest, RowsKeepTheirIdsThroughAReplay) {
  append(must(pond_->create_table("v3", notes(), {{"format-version", "3"}})), 0, 3);
  make("trial");
  append(at("v3", "trial"), 10, 2);
  append(at("v3"), 100, 1);
  const auto row_ids = [&](const Table& table) {
    ScanOptions options;
    options.columns = {"id"};
    options.with_lineage = true;
    std::map<std::int64_t, std::int64_t> out;
    const auto stream = must(table.scan(options, context_));
    while (auto batch = must(stream->next(context_))) {
      const auto& id = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
      const auto& row = static_cast<const arrow::Int64Array&>(*(*batch)->GetColumnByName("_row_id"));
      for (std::int64_t i = 0; i < id.length(); ++i) out[id.Value(i)] = row.Value(i);
    }
    return out;
  };
  const auto before = row_ids(at("v3", "trial"));
  ASSERT_OK(merge("trial"));
  auto after = row_ids(at("v3"));
  EXPECT_EQ(after.size(), 6u);
  for (const auto& [id, row] : before) EXPECT_EQ(after[id], row) << id;
}

TEST_F(BranchesTest, TablesThatOnlyTheBranchHasComeWithTheMergeOrGoWithTheBranch) {
  make("trial");
  make("other");
  append(must(on("trial")->create_table("fresh", notes())), 0, 4);
  append(must(on("other")->create_table("gone", notes())), 0, 4);
  EXPECT_EQ(ids(at("fresh")).size(), 0u);
  ASSERT_OK(merge("trial"));
  EXPECT_EQ(ids(at("fresh")), range(0, 4));
  ASSERT_OK(drop_pond_ref(*main(), "other", context_));
  EXPECT_FALSE(must(main()->has_table("gone")));
  EXPECT_TRUE(must(main()->has_table("fresh")));
  EXPECT_EQ(open_branch(*main(), "other").status().code(), Code::kNotFound);
}

TEST_F(BranchesTest, WhatABranchNeedsSurvivesExpiry) {
  make("trial");
  append(at("notes", "trial"), 10, 5);
  append(at("notes"), 100, 2);
  must(expire_snapshots(at("notes"), {}, context_));
  must(remove_orphans(at("notes"), std::chrono::milliseconds(0), context_));
  EXPECT_EQ(ids(at("notes", "trial")), range(0, 15));
  ASSERT_OK(merge("trial"));
  EXPECT_EQ(ids(at("notes")).size(), 17u);
}

TEST_F(BranchesTest, EachBranchKeepsItsOwnHistory) {
  RefRetention retention;
  retention.min_snapshots = 3;
  must(create_pond_ref(*main(), "long", false, "", context_, retention));
  make("short");
  for (int i = 0; i < 5; ++i) {
    for (const char* branch : {"long", "short"}) append(at("notes", branch), 100 + i, 1);
  }
  append(at("notes"), 500, 1);
  must(expire_snapshots(at("notes"), {}, context_));
  const auto kept = [&](const char* branch) {
    const Table table = at("notes", branch);
    std::int64_t count = 0;
    for (auto snapshot = table.current(); snapshot && snapshot->sequence_number > 1; ++count) {
      const auto parent = table.snapshot(*snapshot->parent);
      snapshot = parent.ok() ? std::optional(*parent) : std::nullopt;
    }
    return count;
  };
  EXPECT_EQ(kept("long"), 3);
  EXPECT_EQ(kept("short"), 1);
}

TEST_F(BranchesTest, ARefGoesWhenItsTimeHasCome) {
  RefRetention retention;
  retention.max_ref_age_ms = 1;
  must(create_pond_ref(*main(), "old", true, "", context_, retention));
  must(create_pond_ref(*main(), "kept", true, "", context_));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  append(at("notes"), 10, 1);
  must(expire_snapshots(at("notes"), {}, context_));
  EXPECT_FALSE(at("notes").snapshot_at("old").ok());
  EXPECT_TRUE(at("notes").snapshot_at("kept").ok());
}

TEST_F(BranchesTest, RollbackTakesAllTablesBackAndForth) {
  must(create_pond_ref(*main(), "before", true, "", context_));
  append(at("notes"), 10, 5);
  append(at("plain"), 10, 5);
  must(create_pond_ref(*main(), "after", true, "", context_));
  auto back = must(rollback_pond(*main(), "before", {}, context_));
  EXPECT_EQ(back.moved.size(), 2u);
  EXPECT_EQ(ids(at("notes")), range(0, 10));
  EXPECT_EQ(ids(at("plain")), range(0, 10));
  must(rollback_pond(*main(), "after", {"notes"}, context_));
  EXPECT_EQ(ids(at("notes")), range(0, 15));
  EXPECT_EQ(ids(at("plain")), range(0, 10));
  EXPECT_FALSE(rollback_pond(*main(), "never", {}, context_).ok());
}

TEST_F(BranchesTest, ACommitOfSeveralTablesIsAllOrNothing) {
  std::vector<Update> updates;
  for (const char* name : {"notes", "plain"}) {
    Update update = at(name).update();
    update.append(write(at(name), rows(10, 1)));
    update.require_snapshot(at(name).current_id());
    updates.push_back(std::move(update));
  }
  append(at("plain"), 50, 1);  // somebody else
  EXPECT_EQ(commit_all(updates, context_).status().code(), Code::kConflict);
  EXPECT_EQ(ids(at("notes")), range(0, 10));
}

}  // namespace
}  // namespace millpond::pond
