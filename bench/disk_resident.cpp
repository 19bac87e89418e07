// Searches by vector in a segment file, which the memory that the process may use need not hold.
// usage: bench_disk_resident build BASE.npy SEGMENT
//        bench_disk_resident search SEGMENT QUERIES.npy RECALL THREADS SECONDS

#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "millpond/index/search.h"
#include "must.h"
#include "npy.h"

namespace {

using namespace millpond;
using Clock = std::chrono::steady_clock;

void build(const std::string& base_path, const std::string& segment) {
  const Npy base = read_npy(base_path);
  const auto builder = must(index::SegmentBuilder::create(segment, {.vectors = {{.name = "v"}}}));
  constexpr std::size_t kRows = 8192;
  for (std::size_t from = 0; from < base.rows; from += kRows) {
    auto values = std::make_shared<arrow::FloatBuilder>();
    arrow::ListBuilder lists(arrow::default_memory_pool(), values);
    const std::size_t end = std::min(base.rows, from + kRows);
    for (std::size_t row = from; row < end; ++row) {
      (void)lists.Append();
      (void)values->AppendValues(base.row(row), static_cast<std::int64_t>(base.columns));
    }
    const std::shared_ptr<arrow::Array> column = *lists.Finish();
    const auto schema = arrow::schema({arrow::field("v", column->type())});
    must(builder->add(*arrow::RecordBatch::Make(schema, column->length(), {column})));
  }
  const index::SegmentInfo info = must(builder->finish());
  std::printf("{\"size_bytes\": %lld, \"rows\": %lld}\n", static_cast<long long>(info.size_bytes),
              static_cast<long long>(info.rows));
}

void search(const std::string& path, const Npy& queries, double recall, int threads, double seconds) {
  index::SegmentCache cache;
  cache.put(path, must(index::Segment::open(path, index::Segment::Check::kStructure)));
  const auto searcher = must(index::Searcher::open({{path, nullptr}}, cache));
  std::atomic<std::size_t> next{0}, done{0}, row_sum{0};
  const auto ask = [&](std::size_t q) {
    index::Query query{.limit = 10, .recall = recall};
    query.vector.assign(queries.row(q), queries.row(q) + queries.columns);
    const index::Found found = must(searcher->search(query));
    std::size_t sum = 0;
    for (const index::Hit& hit : found.hits) sum += static_cast<std::size_t>(hit.row);
    return sum;
  };
  const auto work = [&](double for_seconds) {
    const auto end = Clock::now() + std::chrono::duration<double>(for_seconds);
    while (Clock::now() < end) {
      (void)ask(next++ % queries.rows);
      ++done;
    }
  };
  for (std::size_t q = 0; q < queries.rows; ++q) row_sum += ask(q);  // what stays in memory is there then
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  const auto began = Clock::now();
  const std::clock_t cpu = std::clock();
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work, seconds);
  for (std::thread& worker : workers) worker.join();
  const double wall = std::chrono::duration<double>(Clock::now() - began).count();
  ::getrusage(RUSAGE_SELF, &after);
  const auto count = static_cast<double>(done);
  std::printf("{\"qps\": %.1f, \"qps_cpu\": %.1f, \"waits\": %.2f, \"kb_read\": %.1f, \"rows\": %zu}\n", count / wall,
              count * CLOCKS_PER_SEC / static_cast<double>(std::clock() - cpu),
              static_cast<double>(after.ru_majflt - before.ru_majflt) / count,
              static_cast<double>(after.ru_inblock - before.ru_inblock) / 2 / count, static_cast<std::size_t>(row_sum));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "build") == 0) return build(argv[2], argv[3]), 0;
  if (argc != 7) return 2;
  search(argv[2], read_npy(argv[3]), std::atof(argv[4]), std::atoi(argv[5]), std::atof(argv[6]));
}
