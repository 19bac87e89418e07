// Segments that programs of before the change to several columns of vectors wrote (format version 3) still answer.
// tests/golden/segments/version3-*.segment were written by such a program: 12 rows "row I", vectors of 5 numbers in
// f32 ("full") or f16 ("half"), row 3 without one.
#include <gmock/gmock.h>

#include <fstream>

#include "index_fixture.h"

namespace millpond::index {
namespace {

constexpr std::int64_t kRows = 12, kWithoutVector = 3;
constexpr std::size_t kDimensions = 5;

std::string golden(const std::string& kind) {
  return MILLPOND_SOURCE_DIR "/tests/golden/segments/version3-" + kind + ".segment";
}

/// The numbers that the program took: a linear congruential generator's, all of which f16 holds exactly.
std::vector<std::vector<float>> vectors() {
  std::vector<std::vector<float>> all(kRows);
  std::uint32_t state = 1;
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::size_t d = 0; d < kDimensions && row != kWithoutVector; ++d) {
      state = state * 1664525 + 1013904223;
      all[static_cast<std::size_t>(row)].push_back(static_cast<float>(state >> 24) / 128.0F - 1.0F);
    }
  }
  return all;
}

class OldSegment : public ::testing::TestWithParam<const char*> {};

TEST_P(OldSegment, SaysWhatItHoldsAsOneUnnamedColumnOfVectors) {
  const auto segment = Segment::open(golden(GetParam()));
  ASSERT_TRUE(segment.ok()) << segment.status().to_string();
  const SegmentInfo& info = (*segment)->info();
  EXPECT_EQ(info.data_file, "rows.parquet");
  EXPECT_EQ(info.rows, kRows);
  ASSERT_EQ(info.vectors.size(), 1U);
  EXPECT_EQ(info.vectors[0].name, "");
  EXPECT_EQ(info.vectors[0].metric, Metric::kInnerProduct);
  EXPECT_EQ(info.vectors[0].type, std::string(GetParam()) == "half" ? VectorType::kF16 : VectorType::kF32);
  EXPECT_THAT(info.dimensions, ::testing::ElementsAre(static_cast<int>(kDimensions)));
}

TEST_P(OldSegment, FindsByVectorAndByWords) {
  SegmentCache cache;
  const auto searcher = Searcher::open({{golden(GetParam()), nullptr}}, cache);
  ASSERT_TRUE(searcher.ok()) << searcher.status().to_string();
  const auto all = vectors();
  Query query{.vector = all[7], .limit = static_cast<int>(kRows)};
  query.legs = Legs::kVector;
  const auto found = (*searcher)->search(query);
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  ASSERT_EQ(found->hits.size(), static_cast<std::size_t>(kRows - 1));  // all but the row without a vector
  for (const Hit& hit : found->hits) {
    ASSERT_NE(hit.row, kWithoutVector);
    double product = 0;
    for (std::size_t d = 0; d < kDimensions; ++d)
      product += double{all[7][d]} * double{all[static_cast<std::size_t>(hit.row)][d]};
    EXPECT_NEAR(hit.score, product, 1e-5);
  }
  const auto words = (*searcher)->search({.text = "7"});
  ASSERT_TRUE(words.ok()) << words.status().to_string();
  ASSERT_EQ(words->hits.size(), 1U);
  EXPECT_EQ(words->hits[0].row, 7);
  const auto stored = (*searcher)->stored(words->hits[0]);
  ASSERT_TRUE(stored.ok()) << stored.status().to_string();
  EXPECT_EQ(std::get<std::string>(stored->at(0)), "row 7");
}

TEST_P(OldSegment, DamageIsStillFound) {
  std::ifstream in(golden(GetParam()), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto path = std::filesystem::temp_directory_path() / ("old_" + std::to_string(::getpid()) + GetParam());
  int tried = 0, noticed = 0;
  for (std::size_t at = 64; at < bytes.size(); at += 97) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    std::ofstream(path, std::ios::binary) << damaged;
    const auto opened = Segment::open(path);
    ++tried;
    if (opened.ok()) continue;  // a byte between sections belongs to none
    ++noticed;
    EXPECT_TRUE(opened.status().code() == Code::kDataCorrupt || opened.status().code() == Code::kUnsupported);
  }
  EXPECT_GT(noticed, tried / 2);
  std::string later = bytes;
  later[8] = 9;  // the version in the head
  std::ofstream(path, std::ios::binary) << later;
  EXPECT_EQ(Segment::open(path).status().code(), Code::kUnsupported);
  std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(Version3, OldSegment, ::testing::Values("full", "half"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace millpond::index
