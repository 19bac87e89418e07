// Searches by words in one process, on several threads: how many a CPU second.
// usage: bench_search_threads POND FLOW QUERIES THREADS SECONDS
//        QUERIES: a text, one a line

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "millpond/ask/retriever.h"
#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"
#include "must.h"

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
  const auto work = [&](double for_seconds) {
    const auto end = Clock::now() + std::chrono::duration<double>(for_seconds);
    while (Clock::now() < end) {
      ask::SearchOptions options;
      options.limit = 10;
      options.legs = index::Legs::kWords;
      hits += must(retriever->find(queries[next++ % queries.size()], options, context)).passages.size();
      ++done;
    }
  };
  work(0.5);  // pages of the segments come into memory
  done = 0;
  hits = 0;
  const auto began = Clock::now();
  const std::clock_t cpu = std::clock();
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work, seconds);
  for (std::thread& worker : workers) worker.join();
  const double wall = std::chrono::duration<double>(Clock::now() - began).count();
  const double used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  std::printf("{\"qps\": %.1f, \"qps_cpu\": %.1f, \"hits\": %.2f, \"rows\": %lld}\n", static_cast<double>(done) / wall,
              static_cast<double>(done) / used, static_cast<double>(hits) / static_cast<double>(done),
              static_cast<long long>(retriever->rows()));
}
