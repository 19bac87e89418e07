// Every kind of vector in a segment: recall of ten against the exact answer in f32, queries a CPU second, size.
// usage: bench_vector_kinds BASE.npy QUERIES.npy FOLDER
// Prints a JSON line for each kind. "several" makes rows of eight vectors and asks with four.

#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <set>
#include <string>
#include <vector>

#include "index/vector_query.h"
#include "millpond/index/search.h"
#include "must.h"
#include "npy.h"

namespace {

using namespace millpond;
using index::Metric;
using index::VectorType;

constexpr std::size_t kTop = 10, kTogether = 8, kAskedTogether = 4;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Kind {
  const char* name;
  index::VectorColumn column;
};

// Rows of `together` vectors each, as lists of lists if that is more than one.
Batch batch_of(const Npy& base, std::size_t together) {
  auto values = std::make_shared<arrow::FloatBuilder>();
  auto inner = std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), values);
  arrow::ListBuilder outer(arrow::default_memory_pool(), inner);
  for (std::size_t row = 0; row < base.rows; ++row) {
    if (together > 1 && row % together == 0) (void)outer.Append();
    (void)inner->Append();
    (void)values->AppendValues(base.row(row), static_cast<std::int64_t>(base.columns));
  }
  std::shared_ptr<arrow::Array> column = together > 1 ? *outer.Finish() : *inner->Finish();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("v", column->type())}), column->length(), {column});
}

// What each row scores, in f32 or, for bits, by signs.
std::vector<float> exact(const Npy& base, std::vector<float> query, Metric metric) {
  if (metric == Metric::kCosine) index::make_unit(query);
  std::vector<float> scores(base.rows);
  if (metric == Metric::kHamming) {
    for (std::size_t row = 0; row < base.rows; ++row)
      for (std::size_t d = 0; d < query.size(); ++d)
        scores[row] -= (base.row(row)[d] > 0) != (query[d] > 0) ? 1.0F : 0.0F;
    return scores;
  }
  const index::VectorQuery asked(query, VectorType::kF32, metric);
  std::vector<float> aligned((base.columns + 31) / 16 * 16);
  for (std::size_t row = 0; row < base.rows; ++row) {
    float* at = aligned.data() + (64 - reinterpret_cast<std::uintptr_t>(aligned.data()) % 64) % 64 / sizeof(float);
    std::copy_n(base.row(row), base.columns, at);
    asked.score(reinterpret_cast<const char*>(at), (base.columns * 4 + 63) / 64 * 64, 1, &scores[row]);
  }
  return scores;
}

void measure(const Kind& kind, const Npy& base, const Npy& queries, const std::string& folder) {
  const std::size_t together = kind.column.many ? kTogether : 1, asked = kind.column.many ? kAskedTogether : 1;
  const Batch batch = batch_of(base, together);
  const double began = cpu_seconds();
  const auto builder = must(index::SegmentBuilder::create(folder + "/kind.segment", {.vectors = {kind.column}}));
  must(builder->add(*batch));
  const index::SegmentInfo info = must(builder->finish());
  const double build = cpu_seconds() - began;
  index::SegmentCache cache;
  const auto searcher = must(index::Searcher::open({{folder + "/kind.segment", nullptr}}, cache));
  double same = 0, used = 0;
  const std::size_t count = std::min<std::size_t>(queries.rows / asked, 200);
  for (std::size_t q = 0; q < count; ++q) {
    index::Query query{.limit = static_cast<int>(kTop)};
    std::vector<float> scores((base.rows + together - 1) / together, 0);
    for (std::size_t part = 0; part < asked; ++part) {
      const float* from = queries.row(q * asked + part);
      query.vector.insert(query.vector.end(), from, from + queries.columns);
      const std::vector<float> each = exact(base, {from, from + queries.columns}, kind.column.metric);
      for (std::size_t row = 0; row < scores.size(); ++row) {
        const auto first = each.begin() + static_cast<std::ptrdiff_t>(row * together);
        const auto end = each.begin() + static_cast<std::ptrdiff_t>(std::min(each.size(), (row + 1) * together));
        scores[row] += *std::max_element(first, end);
      }
    }
    std::vector<float> order = scores;
    std::nth_element(order.begin(), order.begin() + kTop - 1, order.end(), std::greater<>());
    const double start = cpu_seconds();
    const index::Found found = must(searcher->search(query));
    used += cpu_seconds() - start;
    for (const index::Hit& hit : found.hits)
      same += scores[static_cast<std::size_t>(hit.row)] >= order[kTop - 1] ? 1 : 0;
  }
  std::printf(
      "{\"kind\": \"%s\", \"recall\": %.4f, \"qps_cpu\": %.0f, \"build_cpu_s\": %.2f, \"bytes_a_vector\": %.0f}\n",
      kind.name, same / static_cast<double>(count * kTop), static_cast<double>(count) / used, build,
      static_cast<double>(info.size_bytes) / static_cast<double>(base.rows));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: bench_vector_kinds BASE.npy QUERIES.npy FOLDER\n"), 2;
  const Npy base = read_npy(argv[1]), queries = read_npy(argv[2]);
  const int part = static_cast<int>(base.columns) / 2;
  const Kind kinds[] = {
      {"f32, inner product", {.name = "v"}},
      {"f32, cosine", {.name = "v", .metric = Metric::kCosine}},
      {"f32, L2", {.name = "v", .metric = Metric::kL2}},
      {"f16, inner product", {.name = "v", .type = VectorType::kF16}},
      {"int8, inner product", {.name = "v", .type = VectorType::kI8}},
      {"int8, cosine", {.name = "v", .metric = Metric::kCosine, .type = VectorType::kI8}},
      {"int8, L2", {.name = "v", .metric = Metric::kL2, .type = VectorType::kI8}},
      {"bits, Hamming", {.name = "v", .metric = Metric::kHamming, .type = VectorType::kBit}},
      {"f32, the first half of the numbers", {.name = "v", .prefix = part}},
      {"several vectors a row", {.name = "v", .many = true}},
  };
  for (const Kind& kind : kinds) measure(kind, base, queries, argv[3]);
}
