#pragma once
// A queue before work that keeps a core busy.

#include <condition_variable>
#include <deque>
#include <mutex>

namespace millpond::serve {

/// Lets so many in at once, the others in the order in which they came: with more searches at a time than cores each
/// would take longer, and some much longer than others. Not for work that waits for somebody else. Threads: any.
class Turns {
 public:
  explicit Turns(int at_once) : at_once_(at_once) {}

  class Turn {
   public:
    /// Without `needed` nothing is held.
    explicit Turn(Turns& turns, bool needed = true) : turns_(needed ? &turns : nullptr) {
      if (turns_ != nullptr) turns_->enter();
    }
    ~Turn() {
      if (turns_ != nullptr) turns_->leave();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turns* const turns_;
  };

 private:
  /// One who waits; each is woken alone.
  struct Waiter {
    std::condition_variable called;
    bool is_called = false;
  };

  void enter() {
    std::unique_lock lock(mutex_);
    if (inside_ < at_once_) {
      ++inside_;
      return;
    }
    Waiter waiter;
    waiting_.push_back(&waiter);
    waiter.called.wait(lock, [&] { return waiter.is_called; });
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      --inside_;
      return;
    }
    Waiter& next = *waiting_.front();  // takes the place that becomes free
    waiting_.pop_front();
    next.is_called = true;
    next.called.notify_one();
  }

  const int at_once_;
  std::mutex mutex_;
  int inside_ = 0;
  std::deque<Waiter*> waiting_;
};

}  // namespace millpond::serve
