#include "fixture.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

using Ids = std::vector<std::int64_t>;

class DifferenceTest : public PondTest {
 protected:
  void SetUp() override {
    PondTest::SetUp();
    table_ = append(must(pond_->create_table("notes", notes())), 0, 4);
    table_ = append(table_, 4, 4);
  }
  std::string file(std::size_t index) { return must(table_.files())[index].file.path; }
  std::int64_t now() { return *table_.current_id(); }
  Ids added(std::optional<std::int64_t> from, std::int64_t to) {
    return ids(table_, must(table_.difference(from, to)).added);
  }
  Ids removed(std::optional<std::int64_t> from, std::int64_t to) {
    return ids(table_, must(table_.difference(from, to)).removed);
  }

  Table table_ = Table(nullptr, nullptr);
};

TEST_F(DifferenceTest, FromNothingIsEverythingAlive) {
  table_ = must(table_.update().delete_rows(file(0), {1}).commit(context_));
  EXPECT_EQ(added({}, now()), Ids({0, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(removed({}, now()), Ids());
}

TEST_F(DifferenceTest, IsEmptyBetweenASnapshotAndItself) {
  const Difference none = must(table_.difference(now(), now()));
  EXPECT_TRUE(none.added.empty() && none.removed.empty());
}

TEST_F(DifferenceTest, NamesAppendedFilesOnly) {
  const std::int64_t before = now();
  table_ = append(table_, 8, 2);
  const Difference difference = must(table_.difference(before, now()));
  EXPECT_EQ(difference.added.size(), 1u);
  EXPECT_EQ(ids(table_, difference.added), Ids({8, 9}));
  EXPECT_TRUE(difference.removed.empty());
}

TEST_F(DifferenceTest, NamesRowsDeletedInAFileThatStays) {
  table_ = must(table_.update().delete_rows(file(1), {0}).commit(context_));
  const std::int64_t before = now();
  table_ = must(table_.update().delete_rows(file(1), {1, 3}).commit(context_));
  EXPECT_EQ(removed(before, now()), Ids({5, 7})) << "not row 4, which was dead before";
  EXPECT_EQ(added(before, now()), Ids());
}

TEST_F(DifferenceTest, ARemovedFileCountsOnlyTheRowsThatLived) {
  table_ = must(table_.update().delete_rows(file(0), {0}).commit(context_));
  const std::int64_t before = now();
  table_ = must(table_.update().remove_file(file(0)).append(write(table_, rows(20, 1))).commit(context_));
  EXPECT_EQ(removed(before, now()), Ids({1, 2, 3}));
  EXPECT_EQ(added(before, now()), Ids({20}));
}

TEST_F(DifferenceTest, ARowAddedAndDeletedInBetweenIsInNeither) {
  const std::int64_t before = now();
  table_ = append(table_, 8, 3);
  table_ = must(table_.update().delete_rows(file(2), {1}).commit(context_));
  EXPECT_EQ(added(before, now()), Ids({8, 10}));
  EXPECT_EQ(removed(before, now()), Ids());
}

TEST_F(DifferenceTest, BackwardsIsTheOpposite) {
  const std::int64_t before = now();
  table_ = must(table_.update().delete_rows(file(0), {2}).commit(context_));
  table_ = append(table_, 8, 1);
  EXPECT_EQ(added(now(), before), Ids({2}));
  EXPECT_EQ(removed(now(), before), Ids({8}));
}

TEST_F(DifferenceTest, RewrittenManifestsAreNoDifference) {
  const std::int64_t before = now();
  table_ = must(merge_manifests(table_, context_));
  table_ = append(table_, 8, 1);
  EXPECT_EQ(added(before, now()), Ids({8}));
  EXPECT_EQ(removed(before, now()), Ids());
}

TEST_F(DifferenceTest, CompactionIsNoDifference) {
  table_ = must(table_.update().delete_rows(file(0), {2}).commit(context_));
  const std::int64_t before = now();
  must(compact(table_, {}, context_));
  table_ = must(pond_->table("notes"));
  ASSERT_NE(now(), before);
  const Difference none = must(table_.difference(before, now()));
  EXPECT_TRUE(none.added.empty() && none.removed.empty());
}

TEST_F(DifferenceTest, FoldedDeleteFilesAreNoDifference) {
  table_ = append(must(pond_->create_table("many", notes())), 0, 100);
  for (std::int64_t i = 0; i < 15; ++i) table_ = must(table_.update().delete_rows(file(0), {i}).commit(context_));
  const std::int64_t before = now();
  for (std::int64_t i = 15; i < 20; ++i) table_ = must(table_.update().delete_rows(file(0), {i}).commit(context_));
  EXPECT_EQ(removed(before, now()), range(15, 20));
  EXPECT_EQ(added(before, now()), Ids());
}

}  // namespace
}  // namespace millpond::pond
