#include <cmath>
#include <cstring>

#include "fixture.h"
#include "pond/column_metrics.h"

namespace millpond::pond {
namespace {

class WriterTest : public PondTest {
 protected:
  std::size_t data_files() { return must(list_files(path() + "/tables/notes/data")).size(); }
};

TEST_F(WriterTest, RollsToTheNextFileBySize) {
  const Table table = must(pond_->create_table("notes", notes()));
  const auto files = write(table, rows(0, 20'000), {.target_file_bytes = 40'000, .row_group_bytes = 32'000});
  EXPECT_GT(files.size(), 2u);
  EXPECT_GT(files[0].split_offsets.size(), 1u);
  const Table after = must(table.update().append(files).commit(context_));
  EXPECT_EQ(ids(after), range(0, 20'000));
}

TEST_F(WriterTest, ThreadsDoNotChangeTheOrder) {
  Table table = must(pond_->create_table("notes", notes()));
  table = must(table.update().append(write(table, rows(0, 50'000), {.row_group_bytes = 32'000})).commit(context_));
  ScanOptions options;
  options.columns = {"id"};
  options.threads = 4;
  EXPECT_EQ(drain(must(table.scan(options, context_))), range(0, 50'000));
}

TEST_F(WriterTest, UnfinishedFilesAreRemoved) {
  const Table table = must(pond_->create_table("notes", notes()));
  {
    DataWriter writer(table);
    ASSERT_OK(writer.write(rows(0, 10)));
    EXPECT_EQ(data_files(), 1u);
  }
  EXPECT_EQ(data_files(), 0u);
}

TEST_F(WriterTest, WritesNoFileForNoRows) {
  const Table table = must(pond_->create_table("notes", notes()));
  EXPECT_TRUE(must(DataWriter(table).close()).empty());
  EXPECT_EQ(data_files(), 0u);
}

TEST_F(WriterTest, SaysWhichColumnIsWrong) {
  const Table table = must(pond_->create_table("notes", notes()));
  DataWriter writer(table);
  const Batch good = rows(0, 2);
  const auto no_id = arrow::RecordBatch::Make(arrow::schema({good->schema()->field(1)}), 2, {good->column(1)});
  EXPECT_EQ(writer.write(no_id).message(), "a required column is missing: id");
  const auto swapped =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("id", arrow::utf8())}), 2, {good->column(1)});
  EXPECT_EQ(writer.write(swapped).code(), Code::kInvalidArgument);
  const auto unknown =
      arrow::RecordBatch::Make(arrow::schema({good->schema()->field(0), arrow::field("other", arrow::utf8())}), 2,
                               {good->column(0), good->column(1)});
  EXPECT_EQ(writer.write(unknown).code(), Code::kInvalidArgument);
  ASSERT_OK(writer.write(good));  // the writer goes on
}

TEST_F(WriterTest, BoundsFollowTheFormat) {
  const Table table = must(pond_->create_table("notes", notes()));
  const std::vector<DataFile> files = write(table, rows(100, 3));
  const ColumnMetrics& metrics = *files[0].metrics;
  std::int64_t low = 0, high = 0;
  ASSERT_EQ(metrics.lower.size(), 2u);
  std::memcpy(&low, metrics.lower[0].second.data(), 8);
  std::memcpy(&high, metrics.upper[0].second.data(), 8);
  EXPECT_EQ(low, 100);
  EXPECT_EQ(high, 102);
  EXPECT_EQ(metrics.lower[1].second, "note 100");
  EXPECT_EQ(metrics.values[1].second, 3);
}

TEST(Bounds, AreCutTo16CharactersAndNeverTooNarrow) {
  EXPECT_EQ(cut_lower("short", true), "short");
  EXPECT_EQ(cut_lower("0123456789abcdefXYZ", true), "0123456789abcdef");
  EXPECT_EQ(cut_upper("0123456789abcdefXYZ", true), "0123456789abcdeg");
  EXPECT_EQ(cut_upper("ééééééééééééééééé", true), "éééééééééééééééê") << "characters, not bytes";
  EXPECT_EQ(cut_upper(std::string(17, '\xff'), false), std::nullopt) << "nothing is above it";
  EXPECT_EQ(cut_upper(std::string(15, 'a') + "\xff"
                                             "b",
                      false),
            std::string(14, 'a') + "b");
}

}  // namespace
}  // namespace millpond::pond
