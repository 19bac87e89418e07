#include "millpond/pond/blobs.h"

#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "millpond/pond/data_writer.h"
#include "millpond/pond/maintenance.h"
#include "millpond/pond/update.h"

namespace millpond::pond {
namespace {

namespace fs = std::filesystem;

class BlobsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = (fs::temp_directory_path() / "blobs-XXXXXX").string();
    folder_ = ::mkdtemp(made.data());
    pond_ = *Pond::init(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  BlobRef put(const std::string& bytes) {
    const auto blobs = blobs_of(*pond_);
    const auto ref = blobs->put(bytes, "image/png");
    EXPECT_TRUE(ref.ok() && blobs->sync().ok());
    return *ref;
  }
  std::string path(const BlobRef& ref) const { return blob_path(*pond_, ref.sha256); }
  void make_old(const BlobRef& ref) const {
    fs::last_write_time(path(ref), fs::file_time_type::clock::now() - std::chrono::hours(48));
  }

  /// A column of references and a list of structs with one each.
  Table make_table(const std::string& name) {
    const Schema schema = {
        {"id", int64()}, {"image", blob()}, {"figures", list(structure({{"caption", utf8()}, {"bytes", blob()}}))}};
    return *pond_->create_table(name, schema);
  }
  Table add_row(const Table& table, std::int64_t id, const BlobRef* image, const std::vector<BlobRef>& figures) {
    const ArrowSchema schema = table.arrow_schema();
    arrow::Int64Builder ids;
    EXPECT_TRUE(ids.Append(id).ok());
    auto images = *arrow::MakeBuilder(schema->field(1)->type());
    EXPECT_TRUE(append(images.get(), image).ok());
    auto lists = *arrow::MakeBuilder(schema->field(2)->type());
    auto& list_builder = dynamic_cast<arrow::ListBuilder&>(*lists);
    EXPECT_TRUE(list_builder.Append().ok());
    auto& each = dynamic_cast<arrow::StructBuilder&>(*list_builder.value_builder());
    for (const BlobRef& figure : figures) {
      EXPECT_TRUE(each.Append().ok());
      EXPECT_TRUE(dynamic_cast<arrow::StringBuilder&>(*each.field_builder(0)).Append("c").ok());
      EXPECT_TRUE(append(each.field_builder(1), &figure).ok());
    }
    DataWriter writer(table);
    const auto batch = arrow::RecordBatch::Make(schema, 1, {*ids.Finish(), *images->Finish(), *lists->Finish()});
    EXPECT_TRUE(writer.write(batch).ok());
    return *table.update().append(*writer.close()).commit(context_);
  }

  std::string folder_;
  std::shared_ptr<Pond> pond_;
  Context context_;
};

TEST_F(BlobsTest, AreNamedByTheirContentAndReadByRanges) {
  const BlobRef ref = put("the miller opens the sluice");
  EXPECT_EQ(ref.size_bytes, 27);
  EXPECT_EQ(put("the miller opens the sluice").sha256, ref.sha256);
  EXPECT_EQ(*read_blob(*pond_, ref.sha256, 4, 6), "miller");
  EXPECT_EQ(*read_blob(*pond_, ref.sha256, 20, 100), " sluice");
  EXPECT_EQ(*read_blob(*pond_, ref.sha256, 27, 5), "");
  EXPECT_EQ(*read_blob(*pond_, ref.sha256, 1000, 5), "");
  EXPECT_EQ(read_blob(*pond_, ref.sha256, -1, 5).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(blob_size(*pond_, std::string(64, '0')).status().code(), Code::kNotFound);
  EXPECT_EQ(blob_size(*pond_, "../../etc/passwd").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(Blobs().put("x", "y").status().code(), Code::kUnavailable);

  const std::string file = folder_ + "/large";
  std::ofstream(file) << std::string(9 << 20, 'x');
  const auto large = blobs_of(*pond_)->put_file(file, "text/plain", context_);
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(large->size_bytes, 9 << 20);
  EXPECT_EQ(large->sha256, put(std::string(9 << 20, 'x')).sha256);
}

TEST_F(BlobsTest, StayWhileARowOfAKeptSnapshotRefersToThem) {
  const BlobRef image = put("image"), figure = put("figure"), alone = put("alone"), young = put("young");
  for (const BlobRef& ref : {image, figure, alone}) make_old(ref);
  Table table = add_row(make_table("t"), 1, &image, {});
  table = add_row(table, 2, nullptr, {image, figure});
  EXPECT_EQ(all_blobs_in(table, context_)->size(), 2U);

  const auto grace = std::chrono::hours(24);
  auto removed = remove_unused_blobs(*pond_, grace, context_);
  ASSERT_TRUE(removed.ok()) << removed.status().message();
  EXPECT_EQ(removed->files, 1);
  EXPECT_FALSE(fs::exists(path(alone)));
  EXPECT_TRUE(fs::exists(path(image)) && fs::exists(path(figure)) && fs::exists(path(young)));

  // The row with the figure is deleted, but an older snapshot still has it.
  table = *table.update().delete_rows((*table.files())[1].file.path, {0}).commit(context_);
  EXPECT_EQ(blobs_in(table, *table.current_id(), context_)->size(), 1U);
  EXPECT_EQ(remove_unused_blobs(*pond_, grace, context_)->files, 0);
  ASSERT_TRUE(expire_snapshots(*pond_->table("t"), {}, context_).ok());
  EXPECT_EQ(remove_unused_blobs(*pond_, grace, context_)->files, 1);
  EXPECT_FALSE(fs::exists(path(figure)));
  EXPECT_TRUE(fs::exists(path(image)));
}

TEST_F(BlobsTest, OfADroppedColumnStayForOlderSnapshots) {
  const BlobRef image = put("image");
  make_old(image);
  Table table = add_row(make_table("t"), 1, &image, {});
  ASSERT_TRUE(table.update().evolve({{"id", int64()}}).commit(context_).ok());
  EXPECT_EQ(remove_unused_blobs(*pond_, std::chrono::hours(1), context_)->files, 0);
}

TEST_F(BlobsTest, PutAgainTheyAreYoungAgain) {
  const BlobRef ref = put("again");
  make_old(ref);
  EXPECT_EQ(put("again").sha256, ref.sha256);
  EXPECT_EQ(remove_unused_blobs(*pond_, std::chrono::hours(1), context_)->files, 0);
  std::ofstream(path(ref)) << "shorter";  // damaged: what is put again is whole
  EXPECT_EQ(*read_blob(*pond_, put("again").sha256, 0, 100), "again");
}

TEST_F(BlobsTest, CheckFindsWhatIsLostDamagedOrUnused) {
  const BlobRef lost = put("lost"), longer = put("longer"), other = put("other"), unused = put("unused");
  add_row(make_table("t"), 1, &lost, {longer, other});
  make_old(unused);
  const auto check = [&](bool repair) {
    CheckReport report;
    CheckOptions options;
    options.repair = repair;
    EXPECT_TRUE(check_blobs(*pond_, options, report, context_).ok());
    return report;
  };
  EXPECT_EQ(check(false).damages(), 0);
  EXPECT_EQ(check(false).problems.size(), 1U);
  fs::remove(path(lost));
  std::ofstream(path(longer)) << "longer than it was";
  std::ofstream(path(other)) << "OTHER";
  const CheckReport found = check(true);
  EXPECT_EQ(found.damages(), 3);
  EXPECT_FALSE(fs::exists(path(unused)));
  EXPECT_TRUE(fs::exists(path(other)));
}

}  // namespace
}  // namespace millpond::pond
