#include "millpond/index/segment.h"

#include <gmock/gmock.h>

#include "index/segment_rows.h"
#include "index_fixture.h"

namespace millpond::index {
namespace {

class SegmentFile : public IndexTest {};

TEST_F(SegmentFile, SaysWhatItHolds) {
  SegmentOptions options;
  options.data_file = "data/0001.parquet";
  options.language = "german";
  const auto segment = Segment::open(write("a", {{"Ein Haus", {1, 0}}, {"Zwei Häuser", {0, 1}}}, options));
  ASSERT_TRUE(segment.ok()) << segment.status().to_string();
  const SegmentInfo& info = (*segment)->info();
  EXPECT_EQ(info.data_file, "data/0001.parquet");
  EXPECT_EQ(info.rows, 2);
  EXPECT_EQ(info.terms, 3);  // ein, haus, zwei
  EXPECT_EQ(info.length, 4);
  EXPECT_THAT(info.dimensions, ::testing::ElementsAre(2));
  EXPECT_EQ(info.language, "german");
  EXPECT_EQ(info.size_bytes, static_cast<std::int64_t>(std::filesystem::file_size(path("a"))));
}

TEST_F(SegmentFile, ShowsStoredColumnsOfEveryRow) {
  const auto rows = random_rows(3000, 4);
  const auto segment = Segment::open(write("a", rows));
  ASSERT_TRUE(segment.ok());
  const int text = (*segment)->stored_column("text"), number = (*segment)->stored_column("number");
  EXPECT_EQ((*segment)->stored_column("nothing"), -1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto stored = (*segment)->stored(static_cast<std::int64_t>(i));
    ASSERT_TRUE(stored.ok()) << stored.status().to_string();
    ASSERT_EQ(std::get<std::string>((*stored)[text]), rows[i].text);
    ASSERT_EQ(std::get<std::int64_t>((*stored)[number]), static_cast<std::int64_t>(i));
  }
  EXPECT_EQ((*segment)->stored(3000).status().code(), Code::kInvalidArgument);
}

TEST_F(SegmentFile, SameRowsSameBytesHoweverTheyAreBatched) {
  const auto rows = random_rows(500, 8);
  const std::string whole = bytes_of_file(write("whole", rows));
  SegmentOptions options{.text = {{"text", 1}}, .vectors = {{"embedding"}}, .stored = {"text", "number"}};
  const auto batch = batch_of(rows);
  auto builder = SegmentBuilder::create(path("pieces"), options);
  for (std::int64_t row = 0; row < 500; row += 7) ASSERT_TRUE((*builder)->add(*batch->Slice(row, 7)).ok());
  ASSERT_TRUE((*builder)->finish().ok());
  EXPECT_TRUE(whole == bytes_of_file(path("pieces")));
}

// Words of more rows than are turned round at a time, made by two threads' makers in turns, one of which was used
// before.
TEST_F(SegmentFile, SameRowsSameBytesWhoeverMadeThem) {
  auto rows = random_rows(6000, 4);
  for (std::size_t i = 0; i < rows.size(); i += 2) {
    for (std::size_t word = 0; word < 150; ++word) rows[i].text += " w" + std::to_string((i * 31 + word * word) % 997);
  }
  const SegmentOptions options{.text = {{"text", 1}}};
  const auto batch = batch_of(rows);
  const auto first = SegmentRowsMaker::create(options), second = SegmentRowsMaker::create(options);
  ASSERT_TRUE((*second)->make(*batch->Slice(5000, 1000)).ok());
  auto turns = SegmentBuilder::create(path("turns"), options);
  for (std::int64_t row = 0; row < 6000; row += 1000) {
    auto made = (row % 2000 == 0 ? *first : *second)->make(*batch->Slice(row, 1000));
    ASSERT_TRUE(made.ok());
    ASSERT_TRUE((*turns)->add(std::move(**made)).ok());
  }
  ASSERT_TRUE((*turns)->finish().ok());
  for (const std::int64_t together : {10, 6000}) {
    auto builder = SegmentBuilder::create(path("rows"), options);
    for (std::int64_t row = 0; row < 6000; row += together)
      ASSERT_TRUE((*builder)->add(*batch->Slice(row, together)).ok());
    ASSERT_TRUE((*builder)->finish().ok());
    EXPECT_TRUE(bytes_of_file(path("turns")) == bytes_of_file(path("rows"))) << together;
  }
}

TEST_F(SegmentFile, GetsItsNameOnlyWhenComplete) {
  {
    auto builder = SegmentBuilder::create(path("a"), {.text = {{"text", 1}}});
    ASSERT_TRUE((*builder)->add(*batch_of({{"x", {}}})).ok());
    EXPECT_FALSE(std::filesystem::exists(path("a")));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "an abandoned builder leaves nothing";
}

TEST_F(SegmentFile, ZeroRowsAndRowsWithoutWordsOrVectorsAreFine) {
  const auto empty = Segment::open(write("empty", {}));
  ASSERT_TRUE(empty.ok()) << empty.status().to_string();
  EXPECT_EQ((*empty)->info().rows, 0);
  const auto blank = Segment::open(write("blank", {{"", {}}, {"...", {}}}));
  ASSERT_TRUE(blank.ok()) << blank.status().to_string();
  EXPECT_THAT((*blank)->info().dimensions, ::testing::ElementsAre(0));
  EXPECT_TRUE((*blank)->stored(1).ok());
}

TEST_F(SegmentFile, RefusesColumnsAndVectorsThatItCannotHold) {
  const auto batch = batch_of({{"x", {1, 2}}, {"y", {1, 2, 3}}});
  auto other_length = SegmentBuilder::create(path("a"), {.vectors = {{"embedding"}}});
  EXPECT_EQ((*other_length)->add(*batch).code(), Code::kInvalidArgument);
  auto absent = SegmentBuilder::create(path("b"), {.text = {{"title", 1}}});
  EXPECT_EQ((*absent)->add(*batch).code(), Code::kNotFound);
  auto number = SegmentBuilder::create(path("c"), {.text = {{"number", 1}}});
  EXPECT_EQ((*number)->add(*batch).code(), Code::kUnsupported);
  auto endless = SegmentBuilder::create(path("d"), {.vectors = {{"embedding"}}});
  EXPECT_EQ((*endless)->add(*batch_of({{"x", {1, NAN}}})).code(), Code::kInvalidArgument);
  EXPECT_EQ(SegmentBuilder::create(path("none/a"), {}).status().code(), Code::kNotFound);
}

TEST_F(SegmentFile, AMissingFileIsNamed) {
  const Status status = Segment::open(path("gone")).status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), ::testing::HasSubstr(path("gone")));
}

TEST_F(SegmentFile, EveryDamagedByteIsNoticedAndTheFileNamed) {
  const std::string good = bytes_of_file(write("good", random_rows(8, 4)));
  std::size_t unnoticed = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    write_file(path("bad"), bad);
    const auto opened = Segment::open(path("bad"));
    if (opened.ok()) {
      ++unnoticed;
      continue;
    }
    ASSERT_TRUE(opened.status().code() == Code::kDataCorrupt || opened.status().code() == Code::kUnsupported);
    ASSERT_THAT(opened.status().message(), ::testing::HasSubstr(path("bad")));
  }
  EXPECT_LT(unnoticed, 64U * 10) << "only the zeros between sections are not covered by a checksum";
}

TEST_F(SegmentFile, AFileCutShortIsNoticed) {
  const std::string good = bytes_of_file(write("good", random_rows(8, 4)));
  for (std::size_t size = 0; size < good.size(); size += 13) {
    write_file(path("cut"), good.substr(0, size));
    ASSERT_EQ(Segment::open(path("cut")).status().code(), Code::kDataCorrupt) << size;
  }
}

TEST_F(SegmentFile, HalfVectorsTakeHalfTheSpace) {
  const auto rows = random_rows(500, 384);
  write("full", rows);
  write("half", rows, {.vectors = {{.name = "embedding", .type = VectorType::kF16}}});
  EXPECT_LT(std::filesystem::file_size(path("half")), std::filesystem::file_size(path("full")) - 500 * 384);
}

}  // namespace
}  // namespace millpond::index
