// Commits of 1,000 rows with fsync, a thousand times; then a scan of all of them.
// usage: bench_pond_commit FOLDER [COMMITS] [PROPERTY=VALUE...]

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "millpond/pond/data_writer.h"
#include "millpond/pond/pond.h"
#include "millpond/pond/update.h"
#include "must.h"

namespace {

using namespace millpond;
using Clock = std::chrono::steady_clock;

/// `id` and a text of about 200 bytes that does not compress away.
Batch thousand_rows(std::int64_t first) {
  arrow::Int64Builder ids;
  arrow::StringBuilder texts;
  std::uint64_t state = static_cast<std::uint64_t>(first) + 1;
  for (std::int64_t row = 0; row < 1000; ++row) {
    std::string text;
    while (text.size() < 200) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text += "word" + std::to_string(state >> 40) + " ";
    }
    if (!ids.Append(first + row).ok() || !texts.Append(text).ok()) std::exit(1);
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::int64(), false), arrow::field("text", arrow::utf8())}), 1000,
      {*ids.Finish(), *texts.Finish()});
}

double per_second(const std::vector<double>& seconds, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += seconds[i];
  return static_cast<double>(end - begin) / sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto commits = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 1000);
  Context context;
  const auto pond = must(pond::Pond::init(argv[1]));
  std::map<std::string, std::string> properties;
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t sign = std::min(word.find('='), word.size() - 1);
    properties[word.substr(0, sign)] = word.substr(sign + 1);
  }
  pond::Table table = must(pond->create_table("rows", {{"id", int64(), true}, {"text", utf8()}}, properties));
  std::vector<Batch> batches;
  for (std::size_t i = 0; i < 16; ++i) batches.push_back(thousand_rows(static_cast<std::int64_t>(i) * 1000));

  std::vector<double> seconds, cpu_seconds;
  for (std::size_t i = 0; i < commits; ++i) {
    const auto start = Clock::now();
    const std::clock_t cpu = std::clock();
    pond::DataWriter writer(table);
    must(writer.write(batches[i % batches.size()]));
    table = must(table.update().append(must(writer.close())).commit(context));
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    cpu_seconds.push_back(static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  }
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t tenth = std::max<std::size_t>(1, commits / 10);
  std::printf("by tenth:");
  for (std::size_t i = 0; i + tenth <= commits; i += tenth) std::printf(" %.1f", per_second(seconds, i, i + tenth));
  std::printf("\nCPU ms a commit, by tenth:");
  for (std::size_t i = 0; i + tenth <= commits; i += tenth) {
    std::printf(" %.2f", 1000 / per_second(cpu_seconds, i, i + tenth));
  }
  std::printf("\n");
  std::printf("commits_per_s %.1f first_tenth %.1f last_tenth %.1f median_ms %.2f p99_ms %.2f\n",
              per_second(seconds, 0, commits), per_second(seconds, 0, tenth),
              per_second(seconds, commits - tenth, commits), 1000 * sorted[commits / 2],
              1000 * sorted[commits * 99 / 100]);

  for (const int threads : {1, 2}) {
    pond::ScanOptions options;
    options.threads = threads;
    const auto start = Clock::now();
    auto stream = must(table.scan(options, context));
    std::int64_t rows = 0, size_bytes = 0;
    while (const auto batch = must(stream->next(context))) {
      rows += (*batch)->num_rows();
      size_bytes += arrow::util::TotalBufferSize(**batch);
    }
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    std::printf("scan threads %d rows %lld arrow_mb_per_s %.0f seconds %.3f\n", threads, static_cast<long long>(rows),
                static_cast<double>(size_bytes) / 1e6 / elapsed, elapsed);
  }
}
