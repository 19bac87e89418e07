#include "millpond/pond/lookup.h"

#include <fstream>

#include "fixture.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

namespace fs = std::filesystem;

class LookupTest : public PondTest {
 protected:
  std::vector<std::int64_t> found(const Table& table, std::vector<FilterValue> keys, std::string by = "id") {
    const Batch batch = must(lookup(table, keys, {.column = std::move(by), .columns = {"id"}}, context_));
    return ids_of(batch);
  }
  std::vector<std::int64_t> taken(const Table& table, const std::vector<std::int64_t>& places) {
    return ids_of(must(take(table, places, {.columns = {"id", "text"}}, context_)));
  }
  static std::vector<std::int64_t> ids_of(const Batch& batch) {
    std::vector<std::int64_t> out;
    const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
    for (std::int64_t i = 0; i < column.length(); ++i) out.push_back(column.Value(i));
    if (batch->num_columns() > 1) {  // the other column is of the same row
      const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(1));
      for (std::int64_t i = 0; i < texts.length(); ++i) {
        EXPECT_EQ(texts.GetString(i), "note " + std::to_string(out[static_cast<std::size_t>(i)]));
      }
    }
    return out;
  }
  fs::path key_file() const {
    for (const auto& entry : fs::directory_iterator(path() + "/indexes/notes")) {
      if (entry.path().extension() == ".keys") return entry.path();
    }
    return {};
  }
};

using Ids = std::vector<std::int64_t>;

TEST_F(LookupTest, RowsComeInTheOrderOfTheirKeys) {
  Table table = must(pond_->create_table("notes", notes()));
  table = append(table, 0, 30'000);
  table = append(table, 30'000, 10);
  EXPECT_EQ(found(table, {std::int64_t{29'999}, std::int64_t{5}, std::int64_t{30'003}, std::int64_t{5}}),
            Ids({29'999, 5, 30'003, 5}));
  EXPECT_EQ(found(table, {std::int64_t{99'999}, std::int64_t{-1}, std::int64_t{7}}), Ids({7}));
  EXPECT_EQ(found(table, {std::string("note 17"), std::string("note 30009"), std::string("note")}, "text"),
            Ids({17, 30'009}));
  EXPECT_TRUE(fs::exists(key_file()));
  EXPECT_EQ(lookup(table, {std::string("x")}, {.column = "id"}, context_).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(lookup(table, {std::string("x")}, {.column = "none"}, context_).status().code(), Code::kNotFound);
}

TEST_F(LookupTest, DeletedRowsAreNotFound) {
  Table table = must(pond_->create_table("notes", notes()));
  table = append(table, 0, 30'000);
  const std::int64_t before = *table.current_id();
  EXPECT_EQ(found(table, {std::int64_t{4}, std::int64_t{20'000}}), Ids({4, 20'000}));
  table = must(table.update().delete_rows(must(table.files())[0].file.path, {0, 4, 5, 29'999}).commit(context_));
  EXPECT_EQ(found(table, {std::int64_t{4}, std::int64_t{20'000}}), Ids({20'000}));
  EXPECT_EQ(taken(table, {0, 2, 3, 29'995, 12}), Ids({1, 3, 6, 29'998, 15}));
  EXPECT_EQ(take(table, {29'996}, {}, context_).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(take(table, {-1}, {}, context_).status().code(), Code::kInvalidArgument);
  const Batch then =
      must(lookup(table, {std::int64_t{4}}, {.column = "id", .columns = {"id"}, .snapshot = before}, context_));
  EXPECT_EQ(ids_of(then), Ids({4}));
}

TEST_F(LookupTest, DamagedKeysAreMadeAgain) {
  Table table = must(pond_->create_table("notes", notes()));
  table = append(table, 0, 5000);
  EXPECT_EQ(found(table, {std::int64_t{1234}}), Ids({1234}));
  std::fstream file(key_file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(30'000);
  file.write("damage", 6);
  file.close();
  const auto again = must(Pond::open(path()));
  EXPECT_EQ(found(must(again->table("notes")), {std::int64_t{1234}, std::int64_t{3000}}), Ids({1234, 3000}));
}

/// Pages are found whatever their number: each row alone, and pairs, against the whole column.
TEST_F(LookupTest, EveryPlaceIsRead) {
  Table table = must(pond_->create_table("notes", notes()));
  table = must(table.update().append(write(table, rows(0, 20'000), {.row_group_bytes = 200'000})).commit(context_));
  Ids places;
  for (std::int64_t i = 0; i < 20'000; i += 97) places.push_back(19'999 - i);
  EXPECT_EQ(taken(table, places), places);
  for (const std::int64_t place : {0, 1, 2047, 2048, 2049, 6000, 19'999})
    EXPECT_EQ(taken(table, {place}), Ids({place}));
}

TEST_F(LookupTest, NestedColumnsAndDefaultsComeAlong) {
  Schema schema = notes();
  schema.push_back({"tags", list(utf8())});
  schema.push_back({"place", structure({{"x", int32()}, {"y", utf8()}})});
  Table table = must(pond_->create_table("notes", notes()));
  table = append(table, 0, 10'000);
  table = must(table.update().evolve(schema).commit(context_));
  const Batch batch = must(lookup(table, {std::int64_t{77}}, {.column = "id"}, context_));
  ASSERT_EQ(batch->num_columns(), 4);
  EXPECT_EQ(batch->num_rows(), 1);
  EXPECT_TRUE(batch->GetColumnByName("tags")->IsNull(0));
  EXPECT_TRUE(batch->GetColumnByName("place")->IsNull(0));
}

}  // namespace
}  // namespace millpond::pond
