#include "fixture.h"
#include "pond/iceberg_schema.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

using Ids = std::vector<std::int64_t>;

class SchemaTest : public PondTest {
 protected:
  Status evolve(const Schema& to) { return table_.update().evolve(to).commit(context_).status(); }
  void SetUp() override {
    PondTest::SetUp();
    table_ = append(must(pond_->create_table("notes", notes())), 0, 2);
  }
  Table table_ = Table(nullptr, nullptr);
};

TEST_F(SchemaTest, AddedColumnsAreNullInOldRows) {
  Schema more = notes();
  more.push_back({"score", float64()});
  table_ = must(table_.update().evolve(more).commit(context_));
  EXPECT_EQ(table_.schema(), more);
  auto stream = must(table_.scan({}, context_));
  const Batch batch = *must(stream->next(context_));
  EXPECT_EQ(batch->GetColumnByName("score")->null_count(), 2);
  EXPECT_EQ(must(must(Pond::open(path()))->table("notes")).schema(), more);
}

TEST_F(SchemaTest, IntegersWiden) {
  Table table = must(pond_->create_table("counts", {{"id", int32(), true}, {"list", list(int32())}}));
  arrow::Int32Builder ids_builder;
  ASSERT_TRUE(ids_builder.Append(7).ok());
  const Batch batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("id", arrow::int32(), false)}), 1, {*ids_builder.Finish()});
  table = must(table.update().append(write(table, batch)).commit(context_));
  table = must(table.update().evolve({{"id", int64(), true}, {"list", list(int64())}}).commit(context_));
  EXPECT_EQ(ids(table), Ids({7}));
}

TEST_F(SchemaTest, ADroppedColumnDoesNotComeBackUnderItsName) {
  table_ = must(table_.update().evolve({{"id", int64(), true}}).commit(context_));
  table_ = must(table_.update().evolve({{"id", int64(), true}, {"text", utf8()}}).commit(context_));
  auto stream = must(table_.scan({}, context_));
  const Batch batch = *must(stream->next(context_));
  EXPECT_EQ(batch->GetColumnByName("text")->null_count(), 2) << "it is another column, with another id";
}

TEST_F(SchemaTest, RefusesWhatIcebergForbids) {
  EXPECT_EQ(evolve({{"id", utf8(), true}, {"text", utf8()}}).code(), Code::kInvalidArgument);
  EXPECT_EQ(evolve({{"id", int32(), true}, {"text", utf8()}}).code(), Code::kInvalidArgument);
  EXPECT_EQ(evolve({{"id", int64(), true}, {"text", utf8(), true}}).code(), Code::kInvalidArgument);
  EXPECT_EQ(evolve({{"id", int64(), true}, {"text", utf8()}, {"more", utf8(), true}}).code(), Code::kInvalidArgument);
}

TEST_F(SchemaTest, IdsGoToALevelBeforeWhatIsBelow) {
  std::int32_t last = 0;
  const IcebergSchema schema =
      with_ids({{"a", structure({{"x", int32()}})}, {"b", list(utf8())}, {"c", map(utf8(), int64())}}, 0, last);
  EXPECT_EQ(last, 7);
  EXPECT_EQ(schema.fields[2].id, 3);
  EXPECT_EQ(schema.fields[0].type.children[0].id, 4);
  EXPECT_EQ(schema.fields[1].type.children[0].id, 5);
}

TEST_F(SchemaTest, ASchemaThatIsTheSameIsNoChange) {
  const Table after = must(table_.update().evolve(notes()).commit(context_));
  EXPECT_EQ(after.state()->metadata.schemas.size(), 1u);
}

}  // namespace
}  // namespace millpond::pond
