#pragma once
// The only place with threads: work in parallel, results in order.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond {

/// Runs `work` on items pulled from `pull`, on `threads` threads, and hands the results to `consume` on the calling
/// thread in the order of the items, whatever the number of threads. At most `in_flight_max` items are under way or
/// waiting, and no more are pulled while those weigh `bytes_max` or more, which bounds memory and gives back-pressure.
///
/// Errors:  the first error of any of the three ends it; the others stop after the item they are on.
/// Threads: `pull` is called by one thread at a time; `work` gets the worker's number, from 0.
template <class Item, class Made>
class OrderedExchange {
 public:
  using Pull = std::function<Result<std::optional<Item>>()>;
  using Work = std::function<Result<Made>(int worker, Item&& item)>;
  using Consume = std::function<Status(Made&& made)>;

  using Weigh = std::function<std::int64_t(const Item& item)>;  ///< bytes

  OrderedExchange(int threads, int in_flight_max) : threads_(threads), in_flight_max_(in_flight_max) {}
  OrderedExchange(int threads, int in_flight_max, std::int64_t bytes_max, Weigh weigh)
      : threads_(threads), in_flight_max_(in_flight_max), bytes_max_(bytes_max), weigh_(std::move(weigh)) {}

  Status run(const Pull& pull, const Work& work, const Consume& consume) {
    if (threads_ <= 1) return run_inline(pull, work, consume);
    std::vector<std::thread> workers;
    for (int worker = 0; worker < threads_; ++worker) {
      workers.emplace_back([this, worker, &pull, &work] { work_loop(worker, pull, work); });
    }
    Status status = consume_loop(consume);
    fail(status);
    for (std::thread& worker : workers) worker.join();
    return failure_;
  }

 private:
  Status run_inline(const Pull& pull, const Work& work, const Consume& consume) {
    while (true) {
      MP_ASSIGN(std::optional<Item> item, pull());
      if (!item) return {};
      MP_ASSIGN(Made made, work(0, std::move(*item)));
      MP_TRY(consume(std::move(made)));
    }
  }

  void fail(const Status& status) {
    const std::lock_guard lock(mutex_);
    if (!status.ok() && failure_.ok()) failure_ = status;
    if (!status.ok()) stopped_ = true;
    changed_.notify_all();
  }

  bool has_room() const { return pulled_ - consumed_ < in_flight_max_ && bytes_ < bytes_max_; }

  void work_loop(int worker, const Pull& pull, const Work& work) {
    while (true) {
      std::optional<Item> item;
      std::int64_t number;
      {
        const std::lock_guard pulling(pull_mutex_);
        {
          std::unique_lock lock(mutex_);
          changed_.wait(lock, [&] { return stopped_ || ended_ || has_room(); });
          if (stopped_ || ended_) return;
        }
        auto pulled = pull();
        if (!pulled.ok()) return fail(std::move(pulled).status());
        item = *std::move(pulled);
        const std::lock_guard lock(mutex_);
        if (!item) {
          ended_ = true;
          changed_.notify_all();
          return;
        }
        number = pulled_++;
        if (weigh_) bytes_ += weights_[number] = weigh_(*item);
      }
      auto made = work(worker, std::move(*item));
      if (!made.ok()) return fail(std::move(made).status());
      const std::lock_guard lock(mutex_);
      done_.emplace(number, *std::move(made));
      changed_.notify_all();
    }
  }

  Status consume_loop(const Consume& consume) {
    while (true) {
      std::optional<Made> made;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || done_.count(consumed_) || (ended_ && consumed_ == pulled_); });
        if (stopped_) return failure_;
        const auto next = done_.find(consumed_);
        if (next == done_.end()) return {};
        made = std::move(next->second);
        done_.erase(next);
      }
      MP_TRY(consume(std::move(*made)));
      const std::lock_guard lock(mutex_);
      if (weigh_) bytes_ -= weights_.extract(consumed_).mapped();
      ++consumed_;
      changed_.notify_all();
    }
  }

  const int threads_;
  const int in_flight_max_;
  const std::int64_t bytes_max_ = std::numeric_limits<std::int64_t>::max();
  const Weigh weigh_;
  std::mutex pull_mutex_;  // held over a pull; taken before mutex_
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, Made> done_;
  std::map<std::int64_t, std::int64_t> weights_;  // of the items in flight
  std::int64_t pulled_ = 0, consumed_ = 0, bytes_ = 0;
  bool ended_ = false, stopped_ = false;
  Status failure_;
};

}  // namespace millpond
