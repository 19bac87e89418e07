#pragma once
// Several processes that share a pond, played by threads of one: a single one runs at a time, and whenever it is about
// to change a file, a seed decides who runs next and whether the call fails, or was the last thing the process did. The
// calls are the real ones, caught between the program and the C library; what they do not see is the catalog's SQLite,
// which is not interrupted, but can fail and die.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace millpond::sim {

/// What happens to one operation of a process, at its nth call on a file.
struct Fault {
  enum class Kind : unsigned char { kNone, kDie, kIoError, kDiskFull };
  Kind kind = Kind::kNone;
  std::int64_t at = 0;
  bool in_catalog = false;  ///< count calls on the catalog instead
};

class World {
 public:
  World(std::uint64_t seed, std::string root);
  ~World();
  /// Runs all of these, interleaved, to their ends.
  void run(const std::vector<std::function<void(int actor)>>& actors);

  /// Around one operation of the actor that calls it.
  /// Once it has written to the catalog nobody else runs until it is over, so that the order of ends is that of
  /// commits.
  void begin(const Fault& fault);
  void unordered();  ///< not so for this one: it changes nothing that others see
  /// False if the process died within.
  bool end();
  bool dead() const;
  /// Work that others do not interrupt, and that nothing happens to.
  void alone(const std::function<void()>& work);

  std::uint64_t random(std::uint64_t below);  ///< of the seed; only by who runs
  std::int64_t switches() const { return switches_; }

  // Called by the caught functions. Each returns an errno, or 0 to go on.
  int before_change(const char* path);
  int before_change(int descriptor);
  void opened(int descriptor, const char* path);
  void nap();  ///< instead of sleeping
  void fill(void* bytes, std::size_t size);
  static World* current();

 private:
  struct Actor;
  int fail(bool catalog);
  void yield();
  bool is_ours(const char* path, bool& catalog) const;

  std::string root_;
  std::mt19937_64 random_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Actor> actors_;
  std::vector<std::uint8_t> descriptors_;  // 1: a table's file, 2: the catalog's
  int running_ = -1;
  std::int64_t switches_ = 0;
};

}  // namespace millpond::sim
