#pragma once
// A queue before work that keeps a core busy and waits for nobody, such as a search.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace millpond::serve {

/// Does work in the order in which it came, as much at once as there are cores: more at a time would take turns on
/// them, and each would end later. What takes longer than `late_after` does not count any more, so that short work is
/// not held up behind long work; it goes on beside it.
///
/// Threads: `post` from any; the lane has threads of its own, made when they are needed.
class Lane {
 public:
  using Clock = std::chrono::steady_clock;
  /// Told how long a piece of work waited. Called before it is done.
  using OnWait = std::function<void(double seconds)>;

  Lane(int at_once, int threads_max, Clock::duration late_after, OnWait on_wait = {});
  ~Lane();  ///< after all that was posted is done
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// `work` may only be movable. It must not throw.
  template <class Work>
  void post(Work work) {
    enqueue(std::make_unique<JobOf<Work>>(std::move(work)));
  }

 private:
  struct Job {
    virtual ~Job() = default;
    virtual void run() = 0;
    Clock::time_point posted = Clock::now();
  };
  template <class Work>
  struct JobOf final : Job {
    explicit JobOf(Work given) : work(std::move(given)) {}
    void run() override { work(); }
    Work work;
  };
  struct Running {
    Clock::time_point began;
    bool late = false;
  };

  void enqueue(std::unique_ptr<Job> job);
  void call_thread();
  void loop();
  void run_first(std::unique_lock<std::mutex>& lock);
  void watch(std::unique_lock<std::mutex>& lock);

  const int at_once_;
  const std::size_t threads_max_;
  const Clock::duration late_after_;
  const OnWait on_wait_;
  std::mutex mutex_;
  std::condition_variable idle_, watching_;
  std::deque<std::unique_ptr<Job>> jobs_;
  std::vector<Running*> running_;
  std::vector<std::thread> threads_;
  int on_time_ = 0;  // of `running_`
  int idle_threads_ = 0;
  bool watched_ = false;  // a thread sees to it that late work is noticed
  bool stopping_ = false;
};

}  // namespace millpond::serve
