#include "index/postings.h"

#include <gtest/gtest.h>

#include <random>

namespace millpond::index {
namespace {

struct Postings {
  std::vector<std::uint32_t> rows, counts, lengths;
  std::string bytes;
  TermEntry entry() const {
    return {static_cast<std::uint32_t>(rows.size()),
            std::string_view(bytes).substr(0, bytes.size() - kPostingsPaddingBytes)};
  }
};

Postings random_postings(std::size_t count, std::uint32_t gap_max, std::uint32_t count_max, unsigned seed) {
  std::mt19937 random(seed);
  Postings p;
  std::uint32_t row = random() % gap_max;
  for (std::size_t i = 0; i < count; ++i, row += 1 + random() % gap_max) {
    p.rows.push_back(row);
    p.counts.push_back(1 + random() % count_max);
  }
  p.lengths.resize(row + 1);
  for (std::uint32_t& length : p.lengths) length = 1 + random() % 1000;
  encode_postings(p.rows, p.counts, p.lengths, p.bytes);
  p.bytes.append(kPostingsPaddingBytes, '\0');
  return p;
}

TEST(Postings, ComeBackAsTheyWereAtEveryBlockSize) {
  for (const std::size_t count : {1, 2, 127, 128, 129, 255, 256, 257, 1000}) {
    for (const std::uint32_t gap : {1U, 3U, 700U}) {
      const Postings p = random_postings(count, gap, gap, 1);
      PostingsCursor cursor(p.entry(), p.lengths);
      for (std::size_t i = 0; i < count; ++i, cursor.next()) {
        ASSERT_EQ(cursor.row(), p.rows[i]);
        ASSERT_EQ(cursor.count(), p.counts[i]);
      }
      EXPECT_EQ(cursor.row(), PostingsCursor::kEnd);
      EXPECT_FALSE(cursor.corrupt());
    }
  }
}

TEST(Postings, SeekFindsTheFirstRowNotBefore) {
  const Postings p = random_postings(1000, 20, 5, 2);
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    PostingsCursor cursor(p.entry(), p.lengths);
    for (std::uint32_t target = 0; target < p.lengths.size() + 10; target += 1 + random() % 900) {
      cursor.seek(target);
      const auto expected = std::lower_bound(p.rows.begin(), p.rows.end(), target);
      if (expected == p.rows.end()) {
        ASSERT_EQ(cursor.row(), PostingsCursor::kEnd);
      } else {
        ASSERT_EQ(cursor.row(), *expected);
        ASSERT_EQ(cursor.count(), p.counts[static_cast<std::size_t>(expected - p.rows.begin())]);
      }
    }
  }
}

TEST(Postings, BoundsHoldForEveryRow) {
  const Postings p = random_postings(1000, 20, 50, 4);
  PostingsCursor walk(p.entry(), p.lengths), bounds(p.entry(), p.lengths);
  for (; walk.row() != PostingsCursor::kEnd; walk.next()) {
    const auto bound = bounds.bound_at(walk.row());
    EXPECT_LE(walk.count(), bound.count_max);
    EXPECT_GE(p.lengths[walk.row()], bound.length_min);
    EXPECT_LE(bound.count_max, walk.count_max());
    EXPECT_GE(bound.length_min, walk.length_min());
  }
}

TEST(Postings, AFewBitsAPosting) {
  const Postings dense = random_postings(10000, 1, 1, 5);
  EXPECT_LT(dense.bytes.size(), 10000U / 4);
  const Postings sparse = random_postings(10000, 15, 3, 6);
  EXPECT_LT(sparse.bytes.size(), 10000U);
}

TEST(Postings, DamagedBytesEndTheWalkInsideTheRows) {
  std::mt19937 random(8);
  for (const std::size_t count : {90, 500}) {  // one block; several
    const Postings p = random_postings(count, 20, 5, 7);
    const std::size_t size = p.bytes.size() - kPostingsPaddingBytes;
    for (int i = 0; i < 3000; ++i) {
      std::string bytes = p.bytes;
      for (int flips = 0; flips < 3; ++flips) bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
      const auto rows = static_cast<std::uint32_t>(i % 2 == 0 ? count : 1 + random() % 600);
      const TermEntry entry{rows, std::string_view(bytes).substr(0, i % 2 == 0 ? size : random() % size)};
      PostingsCursor cursor(entry, p.lengths);
      std::uint32_t steps = 0;
      for (; cursor.row() != PostingsCursor::kEnd; cursor.next(), ++steps) ASSERT_LT(cursor.row(), p.lengths.size());
      ASSERT_LE(steps, entry.rows);
      PostingsCursor jumps(entry, p.lengths);
      for (std::uint32_t row = 0; row < p.lengths.size(); row += 97) {
        jumps.bound_at(row);
        jumps.seek(row);
      }
    }
  }
}

}  // namespace
}  // namespace millpond::index
