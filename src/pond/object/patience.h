#pragma once
// How to try again.

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace millpond::pond {

/// Waits longer each time, until the time is up. Threads: one.
class Patience {
 public:
  explicit Patience(int give_up_ms) : end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(give_up_ms)) {}
  /// False if there is no time left.
  bool wait() {
    std::uniform_int_distribution<int> jitter(wait_ms_ / 2, wait_ms_);
    const auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(jitter(random_));
    if (next >= end_) return false;
    std::this_thread::sleep_until(next);
    wait_ms_ = std::min(wait_ms_ * 2, kWaitMsMax);
    return true;
  }

 private:
  static constexpr int kWaitMsMin = 50, kWaitMsMax = 5'000;
  const std::chrono::steady_clock::time_point end_;
  int wait_ms_ = kWaitMsMin;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace millpond::pond
