#include "fixture.h"

namespace millpond::pond {
namespace {

using ::testing::Test;
using Ids = std::vector<std::int64_t>;

class TableTest : public PondTest {};

TEST_F(TableTest, IsEmptyWhenMade) {
  const Table table = must(pond_->create_table("notes", notes()));
  EXPECT_FALSE(table.current().has_value());
  EXPECT_EQ(ids(table), Ids());
  EXPECT_EQ(table.schema(), notes());
  EXPECT_EQ(must(pond_->tables()), std::vector<std::string>{"notes"});
}

TEST_F(TableTest, KeepsRowsInTheOrderOfTheirCommits) {
  Table table = must(pond_->create_table("notes", notes()));
  table = append(table, 0, 3);
  table = append(table, 3, 2);
  EXPECT_EQ(ids(table), Ids({0, 1, 2, 3, 4}));
  EXPECT_EQ(must(table.rows()), 5);
  EXPECT_EQ(table.current()->operation, "append");
  EXPECT_EQ(table.current()->summary.at("total-records"), "5");
  EXPECT_EQ(table.current()->summary.at("added-records"), "2");
  EXPECT_EQ(table.current()->sequence_number, 2);
}

TEST_F(TableTest, IsTheSameForAnotherProcess) {
  append(must(pond_->create_table("notes", notes())), 0, 3);
  const auto other = must(Pond::open(path()));
  EXPECT_EQ(ids(must(other->table("notes"))), Ids({0, 1, 2}));
}

TEST_F(TableTest, DeletesRowsByPosition) {
  Table table = append(must(pond_->create_table("notes", notes())), 0, 5);
  const std::string file = must(table.files())[0].file.path;
  table = must(table.update().delete_rows(file, {1, 3}).commit(context_));
  EXPECT_EQ(ids(table), Ids({0, 2, 4}));
  EXPECT_EQ(must(table.rows()), 3);
  EXPECT_EQ(table.current()->operation, "delete");
  // Another handle reads the deletes from disk.
  EXPECT_EQ(ids(must(must(Pond::open(path()))->table("notes"))), Ids({0, 2, 4}));
}

TEST_F(TableTest, RemovesAFileWhoseRowsAreAllDead) {
  Table table = append(must(pond_->create_table("notes", notes())), 0, 3);
  table = append(table, 3, 2);
  const std::string first = must(table.files())[0].file.path;
  table = must(table.update().delete_rows(first, {0, 2}).commit(context_));
  table = must(table.update().delete_rows(first, {1}).commit(context_));
  EXPECT_EQ(must(table.files()).size(), 1u);
  EXPECT_EQ(ids(table), Ids({3, 4}));
  EXPECT_EQ(table.current()->summary.at("total-delete-files"), "0") << "the delete file went with the data file";
}

TEST_F(TableTest, TravelsInTime) {
  Table table = append(must(pond_->create_table("notes", notes())), 0, 2);
  const Snapshot first = *table.current();
  table = append(table, 2, 2);
  EXPECT_EQ(ids(table, first.id), Ids({0, 1}));
  EXPECT_EQ(must(table.snapshot_at(std::to_string(first.id))).id, first.id);
  EXPECT_EQ(must(table.snapshot_at("latest")).id, *table.current_id());
  EXPECT_EQ(must(table.snapshot_at("2999-01-01")).id, *table.current_id());
  EXPECT_EQ(table.snapshot_at("2001-01-01").status().code(), Code::kNotFound);
  EXPECT_EQ(table.snapshot_at("yesterday").status().code(), Code::kInvalidArgument);
}

TEST_F(TableTest, ReadsGivenPositionsAndSaysWhereRowsStand) {
  Table table = append(must(pond_->create_table("notes", notes())), 10, 100);
  const DataFile file = must(table.files())[0].file;
  const std::vector<FilePart> parts = {{.file = file, .only = std::make_shared<Positions>(Ids({5, 6, 99}))}};
  auto stream = must(table.read(parts, {.columns = {"id"}, .with_positions = true}, context_));
  const Batch batch = *must(stream->next(context_));
  EXPECT_EQ(batch->schema()->ToString(), "id: int64 not null\n_file: int32 not null\n_pos: int64 not null");
  EXPECT_EQ(ids(table, parts), Ids({15, 16, 109}));
  EXPECT_EQ(static_cast<const arrow::Int64Array&>(*batch->column(2)).Value(2), 99);
}

}  // namespace
}  // namespace millpond::pond
