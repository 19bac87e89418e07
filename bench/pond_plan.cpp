// Plans a table of many files, whose entries are made without the files: manifests are all that a plan reads.
// usage: bench_pond_plan make FOLDER FILES day|none     then: bench_pond_plan plan FOLDER CONDITION [THREADS]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/plan.h"
#include "millpond/pond/pond.h"
#include "millpond/pond/update.h"
#include "must.h"
#include "pond/update_plan.h"

namespace {

using namespace millpond;
using Clock = std::chrono::steady_clock;

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// File `i` has 1,000 rows: ids that go up, a day for each thousand files, a user anywhere, a text.
pond::DataFile entry(const std::string& folder, std::int64_t i, bool by_day) {
  pond::DataFile file;
  char name[64];
  std::snprintf(name, sizeof name, "/data/%08llx-part-%lld.parquet", static_cast<unsigned long long>(i) * 2654435761U,
                static_cast<long long>(i));
  file.path = folder + name;
  file.rows = 1000;
  file.size_bytes = 200'000 + i % 1000;
  file.split_offsets = {4};
  const auto day = static_cast<std::int32_t>(i / 1000);
  auto metrics = std::make_shared<pond::ColumnMetrics>();
  for (std::int32_t id = 1; id <= 4; ++id) {
    metrics->sizes_bytes.emplace_back(id, 4000 + i % 997 * id);
    metrics->values.emplace_back(id, 1000);
    metrics->nulls.emplace_back(id, 0);
  }
  metrics->lower = {{1, bytes_of(i * 1000)},
                    {2, bytes_of(day)},
                    {3, bytes_of(i * 7919 % 5000)},
                    {4, "note " + std::to_string(i % 100)}};
  metrics->upper = {
      {1, bytes_of(i * 1000 + 999)}, {2, bytes_of(day)}, {3, bytes_of(i * 7919 % 5000 + 90'000)}, {4, "note 999"}};
  file.metrics = std::move(metrics);
  if (by_day) file.partition = std::make_shared<pond::Partition>(pond::Partition{{1000, bytes_of(day)}});
  return file;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  Context context;
  const std::string what = argv[1];
  if (what == "make") {
    const std::int64_t files = std::atoll(argv[3]);
    const bool by_day = argc > 4 && std::string(argv[4]) == "day";
    const auto pond = must(pond::Pond::init(argv[2]));
    std::map<std::string, std::string> properties;
    if (by_day) properties["partition-by"] = "day";
    pond::Table table = must(pond->create_table(
        "events", {{"id", int64(), true}, {"day", date()}, {"user", int64()}, {"note", utf8()}}, properties));
    constexpr std::int64_t kCommit = 10'000;
    for (std::int64_t first = 0; first < files; first += kCommit) {
      std::vector<pond::DataFile> added;
      for (std::int64_t i = first; i < std::min(files, first + kCommit); ++i)
        added.push_back(entry(table.location(), i, by_day));
      pond::Update update = table.update();
      update.plan().data_is_durable = true;  // there are no files to sync
      table = must(update.append(std::move(added)).commit(context));
    }
    return 0;
  }
  const pond::Filter filter = must(pond::parse_filter(argv[3]));
  for (const char* state : {"cold", "warm"}) {
    const auto cpu = std::clock();
    const auto start = Clock::now();
    const auto pond = must(pond::Pond::open(argv[2]));
    const pond::Table table = must(pond->table("events"));
    const pond::FilePlan plan =
        must(pond::plan_files(table, filter, {.threads = argc > 4 ? std::atoi(argv[4]) : 0}, context));
    std::printf("%s seconds %.4f cpu_seconds %.4f files %zu of %lld manifests %lld of %lld\n", state,
                std::chrono::duration<double>(Clock::now() - start).count(),
                static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC, plan.files.size(),
                static_cast<long long>(plan.files_in_manifests), static_cast<long long>(plan.manifests_read),
                static_cast<long long>(plan.manifests));
  }
}
