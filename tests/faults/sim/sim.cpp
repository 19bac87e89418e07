// Thousands of interleavings of writers, readers, maintenance, merges, crashes and failing disks over one pond:
// pond_sim [--seed S] [--count N] [--actors A] [--operations O] [--verbose]. The same seed gives the same run.
//
// Invariants: no row is lost, doubled or comes back; the ids of rows in tables of version 3 never change; a reader sees
// one snapshot; an operation that failed changed nothing, one that died changed all or nothing; several tables change
// at once; what tags and branches name survives expiry; and at the end the pond is whole, also without its orphans.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "operations.h"

namespace millpond::sim {
namespace {

namespace fs = std::filesystem;

struct Settings {
  std::uint64_t seed = 1;
  std::int64_t count = 100, actors = 4, operations = 12;
  bool verbose = false;
};

Fault draw_fault(World& world) {
  const std::uint64_t die = world.random(100);
  Fault fault;
  if (die >= 30) return fault;
  fault.kind = die < 14 ? Fault::Kind::kDie : die < 24 ? Fault::Kind::kIoError : Fault::Kind::kDiskFull;
  fault.in_catalog = world.random(5) == 0;
  fault.at = 1 + static_cast<std::int64_t>(world.random(fault.in_catalog ? 6 : 24));
  return fault;
}

void play(Pool& pool, World& world, const Settings& settings, int actor) {
  Process process(pool, world, actor, settings.verbose);
  for (std::int64_t i = 0; i < settings.operations && pool.failure.empty(); ++i) {
    world.begin(draw_fault(world));
    const Outcome outcome = process.operate();
    process.settle(outcome, world.end());
  }
}

/// Empty if all is well.
std::string run_seed(std::uint64_t seed, const std::string& folder, const Settings& settings, Totals& totals) {
  fs::remove_all(folder);
  World world(seed, folder);
  Pool pool(folder);
  pool.set_up();
  std::vector<std::function<void(int)>> actors;
  for (std::int64_t i = 0; i < settings.actors; ++i) {
    actors.emplace_back([&](int actor) { play(pool, world, settings, actor); });
  }
  world.run(actors);
  if (pool.failure.empty()) pool.verify_end();
  totals.add(pool.totals);
  totals.switches += world.switches();
  return pool.failure;
}

std::int64_t number(const char* text) {
  char* end = nullptr;
  const long long value = std::strtoll(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value < 0) {
    std::fprintf(stderr, "not a number: %s\n", text);
    std::exit(6);
  }
  return value;
}

Settings settings_of(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--verbose") {
      settings.verbose = true;
    } else if (i + 1 < argc && name == "--seed") {
      settings.seed = static_cast<std::uint64_t>(number(argv[++i]));
    } else if (i + 1 < argc && name == "--count") {
      settings.count = number(argv[++i]);
    } else if (i + 1 < argc && name == "--actors") {
      settings.actors = std::max<std::int64_t>(1, number(argv[++i]));
    } else if (i + 1 < argc && name == "--operations") {
      settings.operations = number(argv[++i]);
    } else {
      std::fprintf(stderr, "pond_sim [--seed S] [--count N] [--actors A] [--operations O] [--verbose]\n");
      std::exit(6);
    }
  }
  return settings;
}

int run(int argc, char** argv) {
  const Settings settings = settings_of(argc, argv);
  const char* place = fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
  const std::string folder = std::string(place) + "/millpond-sim-" + std::to_string(::getpid());
  Totals totals;
  std::int64_t failed = 0;
  for (std::int64_t i = 0; i < settings.count; ++i) {
    const std::uint64_t seed = settings.seed + static_cast<std::uint64_t>(i);
    std::string failure;
    try {
      failure = run_seed(seed, folder, settings, totals);
    } catch (const std::exception& problem) { failure = problem.what(); }
    if (failure.empty()) continue;
    ++failed;
    std::printf("FAILED seed %llu: %s\n  again: ./dev faults sim --seed %llu --count 1 --verbose\n",
                static_cast<unsigned long long>(seed), failure.c_str(), static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    if (failed == 5) break;
  }
  fs::remove_all(folder);
  std::printf("sim: %s\n", totals.text().c_str());
  std::printf("%lld passed, %lld failed\n", static_cast<long long>(settings.count - failed),
              static_cast<long long>(failed));
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace millpond::sim

int main(int argc, char** argv) { return millpond::sim::run(argc, argv); }
