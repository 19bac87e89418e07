#pragma once
// What a user is told while one recording takes minutes.

#include <chrono>
#include <string>
#include <string_view>

#include "extract/worker_protocol.h"
#include "millpond/context.h"

namespace millpond::extract {

/// Turns a worker's signs of life into a line now and then: what share is done, how fast, how long it still takes.
/// Threads: one.
class WorkNotice {
 public:
  using Clock = std::chrono::steady_clock;
  WorkNotice(std::string_view path, Clock::time_point began);

  /// The line to show at this time; empty if it is not due: the first after 10 s, then each 10 s.
  std::string line(const ResponseHead& sign, Clock::time_point now);
  void tell(const ResponseHead& sign, Progress& progress);

 private:
  const std::string name_;
  Clock::time_point told_, phase_began_;
  WorkPhase phase_ = WorkPhase::kNone;
  float first_share_ = 0;
};

}  // namespace millpond::extract
