#pragma once
// Lets writers that get into each other's way take turns.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>

namespace millpond::serve::iceberg {

/// Two clients that append to one table each commit on top of what they loaded, so one of them is too late and begins
/// again; with many, most work is for nothing, and who is quick always wins. So a client that was too late waits, when
/// it loads the table again, until those before it have committed: it then sees a state on which it can. Nobody else
/// waits, and commits never do. A turn is as long as clients of this table took lately from load to commit, within
/// bounds; who does not commit in it holds up the next for so long.
///
/// Threads: any. `client` names a connection.
class Turns {
 public:
  void was_late(const std::string& table, const std::string& client);
  void committed(const std::string& table, const std::string& client);
  /// Before a load. Returns at once for clients that were not late.
  void wait(const std::string& table, const std::string& client);

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kTurnMin = std::chrono::milliseconds(60), kTurnMax = std::chrono::milliseconds(400);
  static constexpr auto kWaitMax = std::chrono::milliseconds(1000);
  static constexpr auto kLateFor = std::chrono::seconds(3);
  static constexpr std::size_t kWaitingMax = 16, kTablesMax = 4096;

  struct Table {
    void learn(const std::string& client, Clock::time_point now);
    std::list<std::uint64_t> waiting;
    Clock::time_point turn_ends;  // of the one who loaded last
    Clock::duration turn = kTurnMin;
    std::map<std::string, Clock::time_point> began;  // when a client's turn did
    std::map<std::string, Clock::time_point> late;   // until when a client counts as late
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Table> tables_;
  std::uint64_t next_ = 0;
};

}  // namespace millpond::serve::iceberg
