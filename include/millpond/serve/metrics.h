#pragma once
// Counters that the server shows at /metrics, in Prometheus' text format.

#include <array>
#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

namespace millpond::serve {

/// Threads: any.
class Metrics {
 public:
  void request(std::string_view route, std::string_view method, int status, double seconds);
  /// How long a request waited in a queue before it was worked on.
  void wait(std::string_view queue, double seconds);
  /// A named count with one label, such as commits by result.
  void count(std::string_view name, std::string_view label, std::string_view value, std::int64_t by = 1);
  std::atomic<std::int64_t> connections{0}, in_flight{0}, connections_total{0};
  std::string text() const;

 private:
  static constexpr std::array<double, 11> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5};
  struct Latency {
    std::array<std::int64_t, kBounds.size() + 1> buckets{};
    double sum_seconds = 0;
    std::int64_t count = 0;
    void add(double seconds);
    void show(std::ostream& out, const std::string& name, const std::string& label) const;
  };
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, std::int64_t> requests_;
  std::map<std::string, Latency> latencies_, waits_;
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> counts_;
};

}  // namespace millpond::serve
