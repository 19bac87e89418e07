#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "extract/worker_process.h"
#include "millpond/extract/worker.h"

namespace millpond::extract {
namespace {

/// Starts workers from one thread that lives as long as the pool. Workers ask the kernel to end them with their
/// parent, and the kernel takes the thread that started a process for its parent.
class Starter {
 public:
  using Started = Result<std::unique_ptr<WorkerProcess>>;

  ~Starter() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

  Started start(const std::string& executable) {
    std::packaged_task<Started()> task([&executable] { return WorkerProcess::start(executable); });
    std::future<Started> started = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
    return started.get();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stop_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      std::packaged_task<Started()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<Started()>> tasks_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

struct WorkerPool::Impl {
  using Process = std::unique_ptr<WorkerProcess>;

  /// A free worker, a new one, or after a wait the first that becomes free.
  Result<Process> take(Context& context) {
    std::unique_lock lock(mutex);
    while (true) {
      MP_TRY(context.check());
      if (!idle.empty()) {
        Process process = std::move(idle.back());
        idle.pop_back();
        if (process->usable()) return process;
        --running;
        continue;
      }
      if (running < std::max(1, context.threads())) break;
      freed.wait_for(lock, std::chrono::milliseconds(50));
    }
    ++running;
    lock.unlock();
    Result<Process> process = starter.start(executable);
    lock.lock();
    if (process.ok()) ++started;
    if (!process.ok()) --running;
    return process;
  }

  void put_back(Process process) {
    {
      const std::lock_guard lock(mutex);
      if (process->alive()) {
        idle.push_back(std::move(process));
      } else {
        --running;
      }
    }
    freed.notify_one();
  }

  std::string executable;
  Starter starter;  // ends after the workers, which are declared below it
  mutable std::mutex mutex;
  std::condition_variable freed;
  std::vector<Process> idle;
  int running = 0;
  std::int64_t started = 0;
};

WorkerPool::WorkerPool() : WorkerPool("/proc/self/exe") {}

WorkerPool::WorkerPool(std::string executable) : impl_(std::make_unique<Impl>()) {
  impl_->executable = std::move(executable);
}

WorkerPool::~WorkerPool() = default;

Result<EncodedDocument> WorkerPool::parse(const ParseRequest& request, const Limits& limits, Context& context) {
  MP_ASSIGN(auto process, impl_->take(context));
  Result<EncodedDocument> document = process->parse(request, limits, context);
  impl_->put_back(std::move(process));
  return document;
}

Result<PageImage> WorkerPool::render(const ParseRequest& request, int page, int width_pixels, const Limits& limits,
                                     Context& context) {
  if (page < 1) return not_found("pages are counted from 1, not: ", page);
  MP_ASSIGN(auto process, impl_->take(context));
  Result<PageImage> image = process->render(request, page, width_pixels, limits, context);
  impl_->put_back(std::move(process));
  return image;
}

std::int64_t WorkerPool::started() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->started;
}

}  // namespace millpond::extract
