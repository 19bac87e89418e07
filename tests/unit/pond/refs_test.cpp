#include "millpond/pond/refs.h"

#include "fixture.h"

namespace millpond::pond {
namespace {

class RefsTest : public PondTest {
 protected:
  void SetUp() override {
    PondTest::SetUp();
    table_ = must(pond_->create_table("notes", notes()));
    for (int i = 0; i < 3; ++i) table_ = append(table_, i * 10, 10);
  }
  std::int64_t id(std::size_t index) { return table_.snapshots()[index].id; }
  Table fresh() { return must(must(Pond::open(path()))->table("notes")); }
  Table table_ = Table(nullptr, nullptr);
};

TEST_F(RefsTest, ATagNamesASnapshotAndKeepsIt) {
  table_ = must(create_ref(table_, {"before", true, id(0)}, context_));
  EXPECT_EQ(must(fresh().snapshot_at("before")).id, id(0));
  must(expire_snapshots(table_, {}, context_));
  EXPECT_EQ(ids(fresh(), must(fresh().snapshot_at("before")).id), range(0, 10));
  EXPECT_EQ(create_ref(fresh(), {"before", true, id(2)}, context_).status().code(), Code::kAlreadyExists);
  table_ = must(drop_ref(must(pond_->table("notes")), "before", context_));
  EXPECT_EQ(refs(fresh()).size(), 1u);
  EXPECT_EQ(drop_ref(table_, "before", context_).status().code(), Code::kNotFound);
}

TEST_F(RefsTest, NamesAreNotNumbersTimesOrMain) {
  for (const char* name : {"", "12", "2026-01-31", "latest", "a b", "-x"}) {
    EXPECT_EQ(create_ref(table_, {name, true, id(0)}, context_).status().code(), Code::kInvalidArgument) << name;
  }
  EXPECT_EQ(create_ref(table_, {"main", false, id(0)}, context_).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(create_ref(table_, {"x", true, 7}, context_).status().code(), Code::kNotFound);
}

TEST_F(RefsTest, ARollbackIsACommitThatCanBeUndone) {
  const Table stale = table_;
  table_ = must(rollback(table_, id(0), context_));
  EXPECT_EQ(ids(fresh()), range(0, 10));
  EXPECT_EQ(rollback(stale, id(1), context_).status().code(), Code::kConflict);
  table_ = append(table_, 100, 1);
  EXPECT_EQ(ids(fresh()).size(), 11u);
  EXPECT_EQ(fresh().current()->parent, id(0));
  table_ = must(rollback(table_, id(2), context_));
  EXPECT_EQ(ids(fresh()), range(0, 30));
}

TEST_F(RefsTest, FastForwardNeedsADescendant) {
  table_ = must(create_ref(table_, {"trial", false, id(2)}, context_));
  table_ = must(rollback(table_, id(1), context_));
  table_ = must(fast_forward(table_, "trial", context_));
  EXPECT_EQ(ids(fresh()), range(0, 30));
  table_ = append(table_, 50, 1);
  EXPECT_EQ(fast_forward(table_, "trial", context_).status().code(), Code::kConflict);
}

}  // namespace
}  // namespace millpond::pond
