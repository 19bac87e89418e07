#include <limits>

#include "fixture.h"
#include "pond/deletion_vector.h"
#include "pond/partition.h"
#include "pond/roaring.h"

namespace millpond::pond {
namespace {

using Ids = std::vector<std::int64_t>;

TEST(Roaring, KeepsSparseDenseAndDistantPositions) {
  Ids positions;
  for (std::int64_t i = 0; i < 9000; ++i) positions.push_back(2 * i);  // more than an array holds
  for (const std::int64_t at : {std::int64_t{1} << 20, std::int64_t{1} << 33, (std::int64_t{1} << 33) + 1})
    positions.push_back(at);
  EXPECT_EQ(must(parse_roaring(serialise_roaring(positions))), positions);
  EXPECT_EQ(must(parse_roaring(serialise_roaring({}))), Ids());
  EXPECT_EQ(parse_roaring(serialise_roaring(positions), 100).status().code(), Code::kResourceExhausted);
}

TEST(Roaring, ReadsRuns) {
  const std::string bytes(
      "\x01\0\0\0\0\0\0\0"  // one key
      "\0\0\0\0"            // high bits 0
      "\x3b\x30\0\0"
      "\x01"        // cookie with runs, one container; it has runs
      "\0\0\x04\0"  // key 0, five values
      "\x01\0"
      "\x0a\0\x04\0",
      27);  // one run: 10 to 14
  EXPECT_EQ(must(parse_roaring(bytes)), (Ids{10, 11, 12, 13, 14}));
}

TEST(Roaring, SurvivesEveryCutAndFlip) {
  const std::string good = serialise_vector(Positions({1, 5, 70'000}));
  ASSERT_EQ(must(parse_vector(good)).values(), (Ids{1, 5, 70'000}));
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(parse_vector(good.substr(0, i)).ok());
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_FALSE(parse_vector(bad).ok()) << i;
    (void)parse_roaring(std::string_view(bad).substr(8));
  }
}

TEST(Transforms, HashAsTheSpecificationSays) {
  const auto hash = [](std::int64_t value) { return murmur3({reinterpret_cast<const char*>(&value), sizeof value}); };
  EXPECT_EQ(hash(34), 2017239379);
  EXPECT_EQ(hash(17'486), -653330422) << "2017-11-16 as days";
  EXPECT_EQ(hash(81'068'000'000), -662762989) << "22:31:08";
  EXPECT_EQ(murmur3("iceberg"), 1210000089);
  EXPECT_EQ(murmur3(std::string_view("\0\1\2\3", 4)), -188683207);
}

class Version3 : public PondTest {
 protected:
  Table make() { return must(pond_->create_table("notes", notes(), {{"format-version", "3"}})); }
  std::string file(const Table& table, std::size_t index) { return must(table.files())[index].file.path; }
  /// `_row_id` and `_last_updated_sequence_number` of each row.
  std::vector<std::pair<std::int64_t, std::int64_t>> lineage(const Table& table) {
    ScanOptions options;
    options.columns = {"id"};
    options.with_lineage = true;
    const auto stream = must(table.scan(options, context_));
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    while (auto batch = must(stream->next(context_))) {
      const auto& row_id = static_cast<const arrow::Int64Array&>(*(*batch)->column(1));
      const auto& update = static_cast<const arrow::Int64Array&>(*(*batch)->column(2));
      for (std::int64_t i = 0; i < row_id.length(); ++i) {
        out.emplace_back(row_id.IsNull(i) ? -1 : row_id.Value(i), update.IsNull(i) ? -1 : update.Value(i));
      }
    }
    return out;
  }
};

TEST_F(Version3, GivesEachRowAnIdThatDeletesAndCompactionKeep) {
  Table table = append(append(make(), 0, 3), 3, 3);
  EXPECT_EQ(table.format_version(), 3);
  table = must(table.update().delete_rows(file(table, 0), {1}).commit(context_));
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected = {{0, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 2}};
  EXPECT_EQ(lineage(table), expected);
  must(compact(table, {}, context_));
  table = must(pond_->table("notes"));
  EXPECT_EQ(must(table.files()).size(), 1u);
  EXPECT_EQ(lineage(table), expected);
  EXPECT_EQ(lineage(append(table, 10, 1)).back().second, table.current()->sequence_number + 1);
  const auto reopened = must(Pond::open(path()));
  EXPECT_EQ(lineage(must(reopened->table("notes"))).size(), 6u) << "as read from disk";
  EXPECT_EQ(lineage(must(reopened->table("notes"))), lineage(must(pond_->table("notes"))));
}

TEST_F(Version3, HasOneVectorForEachFile) {
  Table table = append(append(make(), 0, 100), 100, 100);
  for (const std::int64_t row : {3, 50, 7})
    table = must(table.update().delete_rows(file(table, 0), {row}).commit(context_));
  table = must(table.update().delete_rows(file(table, 0), {4}).delete_rows(file(table, 1), {0}).commit(context_));
  EXPECT_EQ(table.current()->summary.at("total-delete-files"), "2");
  EXPECT_EQ(table.current()->summary.at("total-position-deletes"), "5");
  EXPECT_EQ(must(table.files())[0].deleted->values(), (Ids{3, 4, 7, 50}));
  const auto reopened = must(Pond::open(path()));
  EXPECT_EQ(ids(must(reopened->table("notes"))).size(), 195u);
  const Difference change = must(table.difference(table.snapshots()[1].id, *table.current_id()));
  EXPECT_EQ(change.removed_rows(), 5);
  EXPECT_EQ(change.added_rows(), 0);
}

TEST_F(Version3, IsReachedByAnUpgrade) {
  Table table = append(must(pond_->create_table("notes", notes())), 0, 10);
  table = must(table.update().delete_rows(file(table, 0), {2}).commit(context_));
  EXPECT_EQ(lineage(table)[0].first, -1);
  table = must(table.update().set_property("format-version", "3").commit(context_));
  EXPECT_FALSE(table.properties().contains("format-version"));
  table = must(table.update().delete_rows(file(table, 0), {5}).commit(context_));
  EXPECT_EQ(ids(table), (Ids{0, 1, 3, 4, 6, 7, 8, 9}));
  EXPECT_EQ(lineage(table)[2].first, 3);
  EXPECT_EQ(table.update().set_property("format-version", "2").commit(context_).status().code(),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::pond
