// Searches by words in one process, on several threads: how many a CPU second.
// usage: bench_search_threads POND FLOW QUERIES THREADS SECONDS
//        QUERIES: a text, one a line

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "millpond/ask/retriever.h"
#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"
#include "must.h"

namespace {

double thread_cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace millpond;
  using Clock = std::chrono::steady_clock;
  if (argc != 6) return 2;
  std::vector<std::string> queries;
  std::ifstream query_file(argv[3]);
  for (std::string line; std::getline(query_file, line);) queries.push_back(line);
  const int threads = std::atoi(argv[4]);
  const double seconds = std::atof(argv[5]);
  Context context;
  const std::shared_ptr<pond::Pond> pond = must(pond::Pond::open(argv[1]));
  const flow::Flow flow = must(flow::load_flow(argv[2]));
  const flow::Plan plan = must(flow::plan(flow));
  const auto retriever = must(ask::Retriever::open(pond, plan, {}, context));
  std::atomic<std::size_t> next{0}, done{0}, hits{0};
  std::mutex mutex;
  std::vector<double> all_ms;  // of CPU, of each search
  const auto work = [&](double for_seconds) {
    const auto end = Clock::now() + std::chrono::duration<double>(for_seconds);
    std::vector<double> each_ms;
    while (Clock::now() < end) {
      const double began_ms = thread_cpu_ms();
      ask::SearchOptions options;
      options.limit = 10;
      options.legs = index::Legs::kWords;
      hits += must(retriever->find(queries[next++ % queries.size()], options, context)).passages.size();
      each_ms.push_back(thread_cpu_ms() - began_ms);
      ++done;
    }
    const std::lock_guard lock(mutex);
    all_ms.insert(all_ms.end(), each_ms.begin(), each_ms.end());
  };
  work(0.5);  // pages of the segments come into memory
  all_ms.clear();
  done = 0;
  hits = 0;
  const auto began = Clock::now();
  const std::clock_t cpu = std::clock();
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work, seconds);
  for (std::thread& worker : workers) worker.join();
  const double wall = std::chrono::duration<double>(Clock::now() - began).count();
  const double used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  std::sort(all_ms.begin(), all_ms.end());
  const auto searches = static_cast<double>(all_ms.size());
  const double mean_ms = std::accumulate(all_ms.begin(), all_ms.end(), 0.0) / searches;
  double squares = 0;
  for (const double ms : all_ms) squares += (ms - mean_ms) * (ms - mean_ms);
  std::printf(
      "{\"qps\": %.1f, \"qps_cpu\": %.1f, \"p50_cpu_ms\": %.3f, \"p99_cpu_ms\": %.3f, \"max_cpu_ms\": %.3f, "
      "\"deviation_cpu_ms\": %.3f, \"hits\": "
      "%.2f, "
      "\"rows\": %lld}\n",
      static_cast<double>(done) / wall, static_cast<double>(done) / used, all_ms[all_ms.size() / 2],
      all_ms[all_ms.size() * 99 / 100], all_ms.back(), std::sqrt(squares / searches),
      static_cast<double>(hits) / static_cast<double>(done), static_cast<long long>(retriever->rows()));
}
