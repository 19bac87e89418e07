#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "index_fixture.h"

namespace millpond::index {
namespace {

constexpr std::size_t kDimensions = 48;
using Vector = std::vector<float>;

/// Points around some places; the first numbers say more than the last, as in vectors that can be cut.
class Source {
 public:
  explicit Source(unsigned seed) : random_(seed) {
    for (int i = 0; i < 120; ++i) places_.push_back(around({}, 1));
  }
  Vector vector() { return around(places_[random_() % places_.size()], 0.5F); }

 private:
  Vector around(const Vector& place, float size) {
    Vector out(kDimensions);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = size * normal_(random_) / std::sqrt(1 + static_cast<float>(i) / 4);
      if (!place.empty()) out[i] += place[i];
    }
    return out;
  }
  std::mt19937 random_;
  std::normal_distribution<float> normal_;
  std::vector<Vector> places_;
};

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

double score(const Vector& query, const Vector& row, Metric metric) {
  if (metric == Metric::kCosine) return dot(query, row) / std::sqrt(dot(query, query) * dot(row, row));
  if (metric == Metric::kL2) return 2 * dot(query, row) - dot(query, query) - dot(row, row);
  if (metric == Metric::kInnerProduct) return dot(query, row);
  int differ = 0;
  for (std::size_t i = 0; i < row.size(); ++i) differ += (query[i] > 0) != (row[i] > 0) ? 1 : 0;
  return -differ;
}

std::shared_ptr<arrow::Array> lists_of(const std::vector<Vector>& vectors) {
  auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), values);
  for (const Vector& vector : vectors) {
    EXPECT_TRUE((vector.empty() ? lists.AppendNull() : lists.Append()).ok());
    EXPECT_TRUE(values->AppendValues(vector).ok());
  }
  return *lists.Finish();
}

Batch batch_with(const std::shared_ptr<arrow::Array>& a, const std::shared_ptr<arrow::Array>& b = nullptr) {
  arrow::FieldVector fields{arrow::field("a", a->type())};
  arrow::ArrayVector columns{a};
  if (b != nullptr) {
    fields.push_back(arrow::field("b", b->type()));
    columns.push_back(b);
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), a->length(), columns);
}

class VectorKinds : public IndexTest {
 protected:
  Result<std::string> write_batch(const std::string& name, const Batch& batch, std::vector<VectorColumn> vectors) {
    MP_ASSIGN(auto builder, SegmentBuilder::create(path(name), {.vectors = std::move(vectors)}));
    MP_TRY(builder->add(*batch));
    MP_TRY(builder->finish());
    return path(name);
  }
  std::unique_ptr<Searcher> open(const std::string& name, const Batch& batch, std::vector<VectorColumn> vectors) {
    const auto written = write_batch(name, batch, std::move(vectors));
    EXPECT_TRUE(written.ok()) << written.status().to_string();
    return searcher({{*written, nullptr}});
  }
};

struct Kind {
  const char* name;
  Metric metric;
  VectorType type;
  int prefix;
  double recall, error;  // of ten; of scores, relative to 1
};

class VectorKindsOf : public VectorKinds, public ::testing::WithParamInterface<Kind> {};

TEST_P(VectorKindsOf, FindsWhatItsMetricSays) {
  const Kind kind = GetParam();
  Source source(3);
  for (const std::size_t count : {300U, 6000U}) {
    std::vector<Vector> vectors(count);
    for (Vector& vector : vectors) vector = source.vector();
    const VectorColumn column{.name = "a", .metric = kind.metric, .type = kind.type, .prefix = kind.prefix};
    const auto opened = open("segment", batch_with(lists_of(vectors)), {column});
    EXPECT_EQ(opened->vector_columns()[0], column);
    double same = 0;
    constexpr int kQueries = 30;
    for (int q = 0; q < kQueries; ++q) {
      const Vector query = source.vector();
      std::vector<double> scores;
      for (const Vector& vector : vectors) scores.push_back(score(query, vector, kind.metric));
      std::vector<double> order = scores;
      std::nth_element(order.begin(), order.begin() + 9, order.end(), std::greater<>());
      const auto found = opened->search({.vector = query, .limit = 10});
      ASSERT_TRUE(found.ok()) << found.status().to_string();
      ASSERT_EQ(found->hits.size(), 10U);
      for (const Hit& hit : found->hits) {
        const double exact = scores[static_cast<std::size_t>(hit.row)];
        same += exact >= order[9] ? 1 : 0;
        EXPECT_NEAR(hit.score, exact, kind.error * (1 + std::fabs(exact)));
      }
    }
    EXPECT_GE(same / (10 * kQueries), kind.recall) << count;
    cache_.retain({});
  }
}

INSTANTIATE_TEST_SUITE_P(All, VectorKindsOf,
                         ::testing::Values(Kind{"f32", Metric::kInnerProduct, VectorType::kF32, 0, .9, 1e-4},
                                           Kind{"f32_cosine", Metric::kCosine, VectorType::kF32, 0, .97, 1e-4},
                                           Kind{"f32_l2", Metric::kL2, VectorType::kF32, 0, .97, 1e-4},
                                           Kind{"f16_l2", Metric::kL2, VectorType::kF16, 0, .96, 3e-3},
                                           Kind{"f16_cosine", Metric::kCosine, VectorType::kF16, 0, .96, 3e-3},
                                           Kind{"i8", Metric::kInnerProduct, VectorType::kI8, 0, .9, 3e-2},
                                           Kind{"i8_cosine", Metric::kCosine, VectorType::kI8, 0, .9, 3e-2},
                                           Kind{"i8_l2", Metric::kL2, VectorType::kI8, 0, .9, 3e-2},
                                           Kind{"bits", Metric::kHamming, VectorType::kBit, 0, 1, 0},
                                           Kind{"prefix", Metric::kInnerProduct, VectorType::kF32, 16, .95, 1e-4},
                                           Kind{"prefix_cosine", Metric::kCosine, VectorType::kF16, 16, .95, 3e-3},
                                           Kind{"prefix_l2", Metric::kL2, VectorType::kI8, 16, .88, 3e-2}),
                         [](const auto& info) { return info.param.name; });

TEST_F(VectorKinds, BytesAndBitsOfBinaryColumnsStayWhatTheyAre) {
  arrow::FixedSizeBinaryBuilder fixed(arrow::fixed_size_binary(2));
  for (const std::string_view bytes : {"\x01\xFF", "\x03\x7F", "\x80\x80"}) ASSERT_TRUE(fixed.Append(bytes).ok());
  const std::shared_ptr<arrow::Array> column = *fixed.Finish();
  const auto bytes = open("bytes", batch_with(column), {{.name = "a", .type = VectorType::kI8}});
  const auto by_bytes = bytes->search({.vector = {2, 1}, .limit = 3});
  ASSERT_TRUE(by_bytes.ok());
  EXPECT_EQ(by_bytes->hits[0].score, 2 * 3 + 127);
  EXPECT_EQ(by_bytes->hits[1].score, 2 * 1 - 1);
  EXPECT_EQ(by_bytes->hits[2].score, -3 * 128);
  const auto bits =
      open("bits", batch_with(column), {{.name = "a", .metric = Metric::kHamming, .type = VectorType::kBit}});
  ASSERT_EQ(bits->dimensions(), 16);
  Vector query(16, -1);
  query[0] = 1;  // 0x01 0x00
  const auto by_bits = bits->search({.vector = query, .limit = 3});
  ASSERT_TRUE(by_bits.ok());
  EXPECT_EQ(by_bits->hits[0].row, 2);
  EXPECT_EQ(by_bits->hits[0].score, -3);
}

TEST_F(VectorKinds, SeveralColumnsOfOneTableAreAskedByName) {
  Source source(5);
  std::vector<Vector> first(5000), second(5000);
  for (Vector& vector : first) vector = source.vector();
  for (Vector& vector : second) vector = source.vector();
  second[7].clear();
  const auto opened = open("two", batch_with(lists_of(first), lists_of(second)),
                           {{.name = "a"}, {.name = "b", .metric = Metric::kCosine, .type = VectorType::kF16}});
  for (const std::size_t row : {3U, 4321U}) {
    EXPECT_EQ(opened->search({.vector = second[row], .vector_column = "b"})->hits[0].row, static_cast<int>(row));
    EXPECT_EQ(opened->search({.vector = first[row], .limit = 1})->hits[0].row,
              opened->search({.vector = first[row], .vector_column = "a", .limit = 1})->hits[0].row);
  }
  const auto all = opened->search({.vector = second[8], .vector_column = "b", .limit = 5000});
  ASSERT_TRUE(all.ok());
  for (const Hit& hit : all->hits) EXPECT_NE(hit.row, 7);
  const Status unknown = opened->search({.vector = first[0], .vector_column = "c"}).status();
  EXPECT_EQ(unknown.code(), Code::kInvalidArgument);
  EXPECT_THAT(unknown.message(), ::testing::HasSubstr("no such column of vectors: c"));
}

TEST_F(VectorKinds, RefusesWhatHasNoPlaceAndSaysWhere) {
  const auto status = [&](const std::vector<Vector>& rows, const VectorColumn& column) {
    return write_batch("refused", batch_with(lists_of(rows)), {column}).status();
  };
  const auto says = [](const Status& got, const std::string& words) {
    EXPECT_EQ(got.code(), Code::kInvalidArgument);
    EXPECT_THAT(got.to_string(), ::testing::HasSubstr(words));
  };
  says(status({{1, 2}, {1, NAN}}, {.name = "a"}), "finite; not so in row: 1");
  says(status({{1, 2}, {1, INFINITY}}, {.name = "a", .metric = Metric::kHamming, .type = VectorType::kBit}), "finite");
  says(status({{1, 2}, {0, 0}}, {.name = "a", .metric = Metric::kCosine}), "no direction for the cosine; row: 1");
  says(status({{1, 2}, {1, 2, 3}}, {.name = "a"}), "row 1 has: 3");
  says(status({{1, 2}}, {.name = "a", .prefix = 3}), "first 3 numbers");
  says(status({{1, 70000}}, {.name = "a", .type = VectorType::kF16}), "16 bits; row 0 has: 70000");
  says(status({{1, 2}}, {.name = "a", .metric = Metric::kHamming}), "hamming");
  auto whole = std::make_shared<arrow::Int32Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), whole);
  ASSERT_TRUE(lists.Append().ok() && whole->AppendValues(std::vector<std::int32_t>{1, 200}).ok());
  says(write_batch("whole", batch_with(*lists.Finish()), {{.name = "a", .type = VectorType::kI8}}).status(),
       "8 bits; row 0 has: 200");
  const auto cosine = open("cosine", batch_with(lists_of({{1, 2}})), {{.name = "a", .metric = Metric::kCosine}});
  says(cosine->search({.vector = {0, 0}}).status(), "no direction");
  says(cosine->search({.vector = {1, 2, 3}}).status(), "must have 2 numbers; it has: 3");
}

class ManyVectors : public VectorKinds {
 protected:
  using Rows = std::vector<std::vector<Vector>>;

  static std::shared_ptr<arrow::Array> nested(const Rows& rows) {
    auto values = std::make_shared<arrow::FloatBuilder>();
    auto inner = std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), values);
    arrow::ListBuilder outer(arrow::default_memory_pool(), inner);
    for (const auto& row : rows) {
      EXPECT_TRUE(outer.Append().ok());
      for (const Vector& vector : row) EXPECT_TRUE(inner->Append().ok() && values->AppendValues(vector).ok());
    }
    return *outer.Finish();
  }

  static double best_sum(const std::vector<Vector>& query, const std::vector<Vector>& row, Metric metric) {
    double sum = 0;
    for (const Vector& each : query) {
      double best = -1e30;
      for (const Vector& vector : row) best = std::max(best, score(each, vector, metric));
      sum += row.empty() ? 0 : best;
    }
    return sum;
  }
};

TEST_F(ManyVectors, FindsTheRowsWithTheBestSumsNearlyAsComparingAll) {
  Source source(7);
  std::mt19937 random(8);
  for (const std::size_t count : {200U, 3000U}) {
    Rows rows(count);
    for (auto& row : rows) row.resize(random() % 6);
    for (auto& row : rows)
      for (Vector& vector : row) vector = source.vector();
    const auto opened =
        open("many", batch_with(nested(rows)), {{.name = "a", .metric = Metric::kCosine, .many = true}});
    auto odd = std::make_shared<RowSet>(static_cast<std::int64_t>(count));
    for (std::size_t row = 1; row < count; row += 2) odd->insert(static_cast<std::int64_t>(row));
    for (const bool filtered : {false, true}) {
      int same = 0, wanted = 0;
      for (int q = 0; q < 25; ++q) {
        std::vector<Vector> query(4);
        Query asked{.limit = 10};
        for (Vector& vector : query) {
          vector = source.vector();
          asked.vector.insert(asked.vector.end(), vector.begin(), vector.end());
        }
        if (filtered) asked.where = {odd};
        std::vector<std::pair<double, std::size_t>> order;
        for (std::size_t row = 0; row < count; ++row) {
          if (!rows[row].empty() && (!filtered || row % 2 == 1))
            order.emplace_back(-best_sum(query, rows[row], Metric::kCosine), row);
        }
        std::sort(order.begin(), order.end());
        const auto found = opened->search(asked);
        ASSERT_TRUE(found.ok()) << found.status().to_string();
        ASSERT_EQ(found->hits.size(), 10U);
        for (const Hit& hit : found->hits) {
          const auto row = static_cast<std::size_t>(hit.row);
          EXPECT_NEAR(hit.score, best_sum(query, rows[row], Metric::kCosine), 1e-4);
          EXPECT_TRUE(!filtered || row % 2 == 1);
          same += hit.score >= -order[9].first - 1e-5 ? 1 : 0;
        }
        wanted += 10;
      }
      EXPECT_GE(same, wanted * (count < 1000 ? 1.0 : 0.95)) << count << (filtered ? " filtered" : "");
    }
    cache_.retain({});
  }
}

TEST_F(ManyVectors, OneVectorARowCannotBeAskedBySeveral) {
  const auto opened = open("one", batch_with(lists_of({{1, 2}})), {{.name = "a"}});
  EXPECT_EQ(opened->search({.vector = {1, 2, 3, 4}}).status().code(), Code::kInvalidArgument);
  const auto many = open("many", batch_with(nested({{{1, 2}, {3, 4}}, {}})), {{.name = "a", .many = true}});
  EXPECT_EQ(many->search({.vector = {1, 2, 3}}).status().code(), Code::kInvalidArgument);
  const auto found = many->search({.vector = {1, 0, 0, 1}});
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->hits.size(), 1U) << "a row without vectors is not found by vector";
  EXPECT_EQ(found->hits[0].score, 3 + 4);
}

}  // namespace
}  // namespace millpond::index
