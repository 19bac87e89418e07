#pragma once
// What a step may use beside its input: progress, cancellation, deadline, memory budget, log, services.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>

#include "millpond/status.h"

namespace millpond {

/// Bytes that may be held at once by all edges and folds of a run.
/// Threads: all methods may be called from any thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::int64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  std::int64_t limit_bytes() const { return limit_bytes_; }
  std::int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  /// False when it would pass the limit: spill, wait or shrink, then try again.
  bool try_reserve(std::int64_t size_bytes);
  void release(std::int64_t size_bytes) { used_bytes_.fetch_sub(size_bytes, std::memory_order_relaxed); }

 private:
  const std::int64_t limit_bytes_;
  std::atomic<std::int64_t> used_bytes_{0};
};

/// Stops work in progress; set from a signal handler or another thread.
class Cancel {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

/// Where progress goes. The library never prints; the CLI and the server bring their own.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A phase begins; `total` rows or 0 if unknown.
  virtual void begin(std::string_view phase, std::int64_t total) { (void)phase, (void)total; }
  virtual void advance(std::int64_t rows, std::int64_t size_bytes) { (void)rows, (void)size_bytes; }
  virtual void end() {}
  virtual void note(std::string_view line) { (void)line; }  ///< one line that the user should see
};

/// Threads: `check`, `progress`, `memory` and `service` may be used from any thread.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// kCancelled or kDeadlineExceeded when the work should stop; call it at least every 100 ms of work.
  Status check() const;
  Cancel& cancel() { return cancel_; }
  void set_deadline(std::chrono::steady_clock::time_point when) { deadline_ = when; }

  Progress& progress() { return *progress_; }
  void set_progress(std::unique_ptr<Progress> progress) { progress_ = std::move(progress); }
  MemoryBudget& memory() { return *memory_; }
  void set_memory_limit(std::int64_t limit_bytes) { memory_ = std::make_unique<MemoryBudget>(limit_bytes); }
  int threads() const { return threads_; }
  void set_threads(int threads) { threads_ = threads; }

  /// The service of type T, made on first use and shared by the run. T is default-constructible or was `provide`d.
  template <class T>
  std::shared_ptr<T> service() {
    return std::static_pointer_cast<T>(service(std::type_index(typeid(T)), [] { return std::make_shared<T>(); }));
  }
  template <class T>
  void provide(std::shared_ptr<T> service) {
    const std::lock_guard lock(mutex_);
    services_[std::type_index(typeid(T))] = std::move(service);
  }

 private:
  std::shared_ptr<void> service(std::type_index type, const std::function<std::shared_ptr<void>()>& make);

  Cancel cancel_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<MemoryBudget> memory_;
  int threads_ = 1;
  std::mutex mutex_;
  std::unordered_map<std::type_index, std::shared_ptr<void>> services_;
};

}  // namespace millpond
