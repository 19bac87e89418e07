#include "millpond/index/vector_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <set>

#include "index/dot.h"
#include "index/segment_format.h"

namespace millpond::index {
namespace {

struct alignas(64) Line {
  char bytes[64] = {};
};

// Points around a few hundred places, so that there are near and far neighbours.
struct Points {
  Points(std::size_t count, int dimensions, bool half = false, unsigned seed = 1) : random(seed) {
    const std::size_t stride = vector_stride(dimensions, half ? VectorType::kF16 : VectorType::kF32);
    memory.resize(count * stride / 64);
    rows = {memory[0].bytes,
            stride,
            static_cast<std::int64_t>(count),
            dimensions,
            half ? VectorType::kF16 : VectorType::kF32,
            nullptr};
    for (int i = 0; i < 200; ++i) places.push_back(direction(1));
    for (std::size_t row = 0; row < count; ++row) set(row, near_a_place());
  }
  std::vector<float> direction(float size) {
    std::vector<float> vector(static_cast<std::size_t>(rows.dimensions));
    for (float& value : vector) value = size * normal(random) / std::sqrt(static_cast<float>(vector.size()));
    return vector;
  }
  std::vector<float> near_a_place() {
    std::vector<float> vector = direction(0.8F);
    const std::vector<float>& place = places[random() % places.size()];
    for (std::size_t i = 0; i < vector.size(); ++i) vector[i] += place[i];
    return vector;
  }
  void set(std::size_t row, const std::vector<float>& vector) {
    char* at = memory[0].bytes + row * rows.stride;
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const std::uint16_t bits = half_from_float(vector[i]);
      rows.type == VectorType::kF16 ? std::memcpy(at + 2 * i, &bits, 2) : std::memcpy(at + 4 * i, &vector[i], 4);
    }
  }
  float value(std::size_t row, std::size_t i) const {
    const char* at = memory[0].bytes + row * rows.stride;
    if (rows.type == VectorType::kF32) return reinterpret_cast<const float*>(at)[i];
    return float_from_half(reinterpret_cast<const std::uint16_t*>(at)[i]);
  }
  double score(const std::vector<float>& query, std::size_t row, Metric metric) const {
    double dot = 0, square = 0, query_square = 0, distance = 0;
    for (std::size_t i = 0; i < query.size(); ++i) {
      const double a = query[i], b = value(row, i);
      dot += a * b, square += b * b, query_square += a * a, distance += (a - b) * (a - b);
    }
    if (metric == Metric::kL2) return -distance;
    return metric == Metric::kCosine ? dot / std::sqrt(square * query_square) : dot;
  }
  std::vector<std::uint32_t> exact(const std::vector<float>& query, Metric metric, std::size_t limit,
                                   const std::vector<std::uint64_t>& visible = {}) const {
    std::vector<std::pair<double, std::uint32_t>> all;
    for (std::uint32_t row = 0; row < rows.rows; ++row) {
      if (!visible.empty() && (visible[row / 64] >> (row % 64) & 1) == 0) continue;
      all.emplace_back(-score(query, row, metric), row);
    }
    std::sort(all.begin(), all.end());
    std::vector<std::uint32_t> best;
    for (std::size_t i = 0; i < std::min(limit, all.size()); ++i) best.push_back(all[i].second);
    return best;
  }

  std::mt19937 random;
  std::normal_distribution<float> normal;
  std::vector<Line> memory;
  VectorRows rows;
  std::vector<std::vector<float>> places;
};

std::string built(const VectorRows& rows, VectorIndexOptions options = {}) {
  auto bytes = build_vector_index(rows, options);
  EXPECT_TRUE(bytes.ok()) << (bytes.ok() ? "" : bytes.status().to_string());
  return bytes.ok() ? *bytes : std::string();
}

double recall(Points& points, const VectorIndex& index, VectorSearch search,
              const std::vector<std::uint64_t>& visible = {}, VectorWork* work = nullptr) {
  search.visible = visible;
  int found = 0, all = 0;
  for (int q = 0; q < 60; ++q) {
    const std::vector<float> query = points.near_a_place();
    const auto hits = index.search(query, search, work);
    EXPECT_TRUE(hits.ok());
    if (!hits.ok()) return 0;
    const auto exact = points.exact(query, index.metric(), static_cast<std::size_t>(search.limit), visible);
    EXPECT_EQ(hits->size(), exact.size());
    for (const VectorHit& hit : *hits) {
      found += std::find(exact.begin(), exact.end(), hit.row) != exact.end() ? 1 : 0;
      EXPECT_NEAR(hit.score, points.score(query, hit.row, index.metric()), 2e-3);
    }
    all += static_cast<int>(exact.size());
  }
  return static_cast<double>(found) / all;
}

TEST(VectorIndex, FindsWhatComparingAllRowsFinds) {
  for (const Metric metric : {Metric::kInnerProduct, Metric::kCosine, Metric::kL2}) {
    for (const bool half : {false, true}) {
      Points points(8000, half ? 100 : 64, half);
      const std::string bytes = built(points.rows, {metric});
      auto index = VectorIndex::open(bytes, points.rows);
      ASSERT_TRUE(index.ok()) << index.status().to_string();
      VectorWork work;
      VectorSearch search;
      search.recall = 0.95;
      EXPECT_GE(recall(points, *index, search, {}, &work), 0.92) << static_cast<int>(metric) << half;
      EXPECT_FALSE(work.exhaustive);
      EXPECT_LT(work.scanned, 7500);
      EXPECT_LT(work.reranked, 200);
      search.recall = 1;
      EXPECT_GE(recall(points, *index, search), 0.998) << static_cast<int>(metric) << half;
    }
  }
}

TEST(VectorIndex, FiltersKeepTheirRecallWhateverTheyHaveToDoWithTheQuery) {
  Points points(20000, 64);
  const std::string bytes = built(points.rows);
  auto index = VectorIndex::open(bytes, points.rows);
  ASSERT_TRUE(index.ok());
  const auto bits = [&](const std::function<bool(std::uint32_t)>& take) {
    std::vector<std::uint64_t> words((20000 + 63) / 64);
    for (std::uint32_t row = 0; row < 20000; ++row) words[row / 64] |= std::uint64_t{take(row)} << (row % 64);
    return words;
  };
  VectorSearch search;
  search.recall = 0.97;
  for (const unsigned one_in : {2U, 10U, 100U, 5000U}) {
    const auto visible = bits([&](std::uint32_t) { return points.random() % one_in == 0; });
    EXPECT_GE(recall(points, *index, search, visible), 0.94) << one_in;
  }
  const auto half_space = bits([&](std::uint32_t row) { return points.value(row, 0) > 0.15F; });
  EXPECT_GE(recall(points, *index, search, half_space), 0.92);
  const auto nothing = index->search(points.near_a_place(), {.visible = std::vector<std::uint64_t>(313)});
  ASSERT_TRUE(nothing.ok());
  EXPECT_TRUE(nothing->empty());
}

TEST(VectorIndex, NumbersWhoseProductsOverflowHarmNothing) {
  Points points(5000, 32);
  std::vector<float> query = points.near_a_place();
  for (std::int64_t row = 0; row < points.rows.rows; ++row) {
    for (int d = 0; d < 32; ++d) {
      char* at = const_cast<char*>(points.rows.data) + static_cast<std::size_t>(row) * points.rows.stride + d * 4;
      const float factor = row % 3 == 0 ? 1e38F : row % 3 == 1 ? 1e20F : 1.0F;
      const float value = std::clamp(points.value(static_cast<std::uint32_t>(row), d) * factor, -3e38F, 3e38F);
      std::memcpy(at, &value, sizeof value);
    }
  }
  for (float& value : query) value *= 1e25F;
  for (const Metric metric : {Metric::kInnerProduct, Metric::kCosine, Metric::kL2}) {
    const auto bytes = build_vector_index(points.rows, {.metric = metric});
    ASSERT_TRUE(bytes.ok()) << bytes.status().to_string();
    const auto index = VectorIndex::open(*bytes, points.rows);
    ASSERT_TRUE(index.ok()) << index.status().to_string();
    for (const double recall : {.8, .99, 1.0}) EXPECT_TRUE(index->search(query, {.recall = recall}).ok());
  }
}

TEST(VectorIndex, FindsARowOnceThoughItStandsInTwoClusters) {
  Points points(20000, 64);
  const std::string bytes = built(points.rows);
  auto index = VectorIndex::open(bytes, points.rows);
  ASSERT_TRUE(index.ok());
  for (int i = 0; i < 50; ++i) {
    const auto hits = index->search(points.near_a_place(), {.limit = 100, .recall = .99});
    ASSERT_TRUE(hits.ok());
    std::set<std::uint32_t> rows;
    for (const VectorHit& hit : *hits) rows.insert(hit.row);
    EXPECT_EQ(rows.size(), 100U);
  }
}

TEST(VectorIndex, IsTheSameForAnyNumberOfThreads) {
  Points points(9000, 40);
  const std::string one = built(points.rows);
  EXPECT_EQ(built(points.rows, {.threads = 2}), one);
  EXPECT_EQ(built(points.rows, {.threads = 5}), one);
  EXPECT_NE(built(points.rows, {.seed = 2}), one);
}

TEST(VectorIndex, ForeignCutAndAlteredBytesAreRefusedOrHarmless) {
  Points points(3000, 32), others(2999, 32);
  const std::string bytes = built(points.rows);
  const std::vector<float> query = points.near_a_place();
  EXPECT_FALSE(VectorIndex::open(bytes, others.rows).ok());
  EXPECT_FALSE(VectorIndex::open(std::string_view(bytes).substr(0, bytes.size() - 64), points.rows).ok());
  EXPECT_FALSE(VectorIndex::open(std::string_view(bytes).substr(0, 40), points.rows).ok());
  std::mt19937 random(3);
  int opened = 0;
  for (int i = 0; i < 300; ++i) {
    std::string altered = bytes;
    for (int flips = 0; flips < 8; ++flips) {
      const std::size_t range = i % 2 == 0 ? altered.size() : 8192;
      altered[random() % range] ^= static_cast<char>(1 << random() % 8);
    }
    auto index = VectorIndex::open(altered, points.rows);
    if (!index.ok()) continue;
    ++opened;
    const auto hits = index->search(query, {});
    ASSERT_TRUE(hits.ok());
    for (const VectorHit& hit : *hits) EXPECT_LT(hit.row, 3000U);
  }
  EXPECT_GT(opened, 50);
}

TEST(VectorIndex, OddVectors) {
  Points points(2000, 24);
  points.set(7, std::vector<float>(24, 0.0F));
  std::vector<unsigned char> has(250, 0xFF);
  has[0] &= static_cast<unsigned char>(~2U);  // row 1 has none
  points.rows.has = has.data();
  for (const Metric metric : {Metric::kInnerProduct, Metric::kCosine, Metric::kL2}) {
    const std::string bytes = built(points.rows, {metric});
    auto index = VectorIndex::open(bytes, points.rows);
    ASSERT_TRUE(index.ok());
    EXPECT_EQ(index->indexed(), 1999);
    const auto all = index->search(points.near_a_place(), {.limit = 5000, .recall = 1});
    ASSERT_TRUE(all.ok());
    std::set<std::uint32_t> rows;
    for (const VectorHit& hit : *all) rows.insert(hit.row);
    EXPECT_EQ(rows.size(), 1999U);
    EXPECT_FALSE(rows.contains(1));
    EXPECT_TRUE(rows.contains(7));
    EXPECT_TRUE(index->search(std::vector<float>(24, 0.0F), {}).ok());
    EXPECT_EQ(index->search(std::vector<float>(25, 0.0F), {}).status().code(), Code::kInvalidArgument);
    EXPECT_EQ(index->search(std::vector<float>(24, NAN), {}).status().code(), Code::kInvalidArgument);
  }
  points.set(9, std::vector<float>(24, INFINITY));
  EXPECT_EQ(build_vector_index(points.rows, {}).status().code(), Code::kInvalidArgument);
  points.rows.rows = 0;
  EXPECT_TRUE(VectorIndex::open(built(points.rows), points.rows).ok());
  points.rows.rows = 1;
  const std::string one = built(points.rows);
  auto index = VectorIndex::open(one, points.rows);
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(index->search(points.near_a_place(), {})->size(), 1U);
}

}  // namespace
}  // namespace millpond::index
