#include "serve/http/lane.h"

#include <algorithm>

namespace millpond::serve {

Lane::Lane(int at_once, int threads_max, Clock::duration late_after, OnWait on_wait)
    : at_once_(std::max(1, at_once)),
      threads_max_(static_cast<std::size_t>(std::max(at_once_ + 1, threads_max))),
      late_after_(late_after),
      on_wait_(std::move(on_wait)) {}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    idle_.notify_all();
  }
  // No thread is added once all work is done, and the last one that works adds none for nothing.
  for (std::size_t i = 0;; ++i) {
    std::thread thread;
    {
      const std::lock_guard lock(mutex_);
      if (i == threads_.size()) return;
      thread = std::move(threads_[i]);
    }
    thread.join();
  }
}

void Lane::enqueue(std::unique_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  call_thread();
}

// For the first job, or to watch those that run when no place is free.
void Lane::call_thread() {
  if (jobs_.empty() || (on_time_ >= at_once_ && watched_)) return;
  if (idle_threads_ > 0) {
    idle_.notify_one();
  } else if (threads_.size() < threads_max_) {
    threads_.emplace_back([this] { loop(); });
  }
}

void Lane::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!jobs_.empty() && on_time_ < at_once_) {
      run_first(lock);
    } else if (!jobs_.empty() && !watched_) {
      watch(lock);
    } else if (stopping_ && jobs_.empty()) {
      idle_.notify_all();
      watching_.notify_all();
      return;
    } else {
      ++idle_threads_;
      idle_.wait(lock);
      --idle_threads_;
    }
  }
}

void Lane::run_first(std::unique_lock<std::mutex>& lock) {
  const std::unique_ptr<Job> job = std::move(jobs_.front());
  jobs_.pop_front();
  Running here{Clock::now()};
  running_.push_back(&here);
  ++on_time_;
  call_thread();
  lock.unlock();
  if (on_wait_) on_wait_(std::chrono::duration<double>(here.began - job->posted).count());
  job->run();
  lock.lock();
  std::erase(running_, &here);
  if (!here.late) --on_time_;
}

void Lane::watch(std::unique_lock<std::mutex>& lock) {
  auto oldest = Clock::time_point::max();
  for (const Running* each : running_) {
    if (!each->late) oldest = std::min(oldest, each->began);
  }
  watched_ = true;
  watching_.wait_until(lock, oldest + late_after_);
  watched_ = false;
  const auto now = Clock::now();
  for (Running* each : running_) {
    if (each->late || each->began + late_after_ > now) continue;
    each->late = true;
    --on_time_;
  }
}

}  // namespace millpond::serve
