#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "pond/read.h"

namespace millpond::pond {
namespace {

/// Decodes on the consumer's thread.
class SerialStream final : public Stream {
 public:
  explicit SerialStream(std::shared_ptr<const ReadPlan> plan) : plan_(std::move(plan)) {}
  ArrowSchema schema() const override { return plan_->schema; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (batches_.empty()) {
      MP_TRY(context.check());
      while (units_.empty()) {
        if (part_ == plan_->parts.size()) return std::optional<Batch>();
        MP_ASSIGN(std::vector<ReadUnit> units, units_of(*plan_, part_++));
        units_.assign(units.begin(), units.end());
      }
      MP_ASSIGN(std::vector<Batch> read, read_unit(*plan_, units_.front()));
      units_.pop_front();
      batches_.assign(std::make_move_iterator(read.begin()), std::make_move_iterator(read.end()));
    }
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    return std::optional<Batch>(std::move(batch));
  }

 private:
  std::shared_ptr<const ReadPlan> plan_;
  std::size_t part_ = 0;
  std::deque<ReadUnit> units_;
  std::deque<Batch> batches_;
};

/// Workers take units in order and put results into numbered slots; the consumer takes slots in order.
/// At most two units a worker are ahead, which bounds memory.
class ParallelStream final : public Stream {
 public:
  ParallelStream(std::shared_ptr<const ReadPlan> plan, int threads)
      : plan_(std::move(plan)), ahead_max_(2 * static_cast<std::size_t>(threads)) {
    for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }
  ~ParallelStream() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    room_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  ArrowSchema schema() const override { return plan_->schema; }

  Result<std::optional<Batch>> next(Context& context) override {
    while (batches_.empty()) {
      MP_TRY(context.check());
      std::unique_lock lock(mutex_);
      ready_.wait_for(lock, std::chrono::milliseconds(50),
                      [&] { return (!slots_.empty() && slots_.front().done) || (slots_.empty() && exhausted_); });
      if (slots_.empty() && exhausted_) return std::optional<Batch>();
      if (slots_.empty() || !slots_.front().done) continue;
      Slot slot = std::move(slots_.front());
      slots_.pop_front();
      ++first_slot_;
      lock.unlock();
      room_.notify_all();
      MP_TRY(std::move(slot.status));
      batches_.assign(std::make_move_iterator(slot.batches.begin()), std::make_move_iterator(slot.batches.end()));
    }
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    return std::optional<Batch>(std::move(batch));
  }

 private:
  struct Slot {
    bool done = false;
    Status status;
    std::vector<Batch> batches;
  };

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      room_.wait(lock, [&] { return stopping_ || exhausted_ || slots_.size() < ahead_max_; });
      if (stopping_ || exhausted_) return;
      // Footers are read under the lock: units must be numbered in order, and a footer is small.
      Status planned = plan_more();
      if (planned.ok() && units_.empty()) {
        exhausted_ = true;
        room_.notify_all();
        ready_.notify_all();
        return;
      }
      const std::size_t number = first_slot_ + slots_.size();
      slots_.emplace_back();
      if (!planned.ok()) {
        slots_.back() = {true, std::move(planned), {}};
        exhausted_ = true;
        room_.notify_all();
        ready_.notify_all();
        return;
      }
      const ReadUnit unit = units_.front();
      units_.pop_front();
      lock.unlock();
      Result<std::vector<Batch>> read = read_unit(*plan_, unit);
      lock.lock();
      Slot& slot = slots_[number - first_slot_];
      slot.done = true;
      if (read.ok())
        slot.batches = *std::move(read);
      else
        slot.status = std::move(read).status();
      ready_.notify_all();
    }
  }

  Status plan_more() {
    while (units_.empty() && part_ < plan_->parts.size()) {
      MP_ASSIGN(std::vector<ReadUnit> units, units_of(*plan_, part_++));
      units_.assign(units.begin(), units.end());
    }
    return {};
  }

  std::shared_ptr<const ReadPlan> plan_;
  const std::size_t ahead_max_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<Slot> slots_;
  std::size_t first_slot_ = 0;
  std::size_t part_ = 0;
  std::deque<ReadUnit> units_;
  bool exhausted_ = false, stopping_ = false;
  std::deque<Batch> batches_;  // the consumer's own
  std::vector<std::thread> workers_;
};

}  // namespace

std::unique_ptr<Stream> read_stream(std::shared_ptr<const ReadPlan> plan, int threads) {
  std::int64_t rows = 0;
  bool single = false;
  for (const FilePart& part : plan->parts) {
    rows += part.rows();
    single = single || part.only;
  }
  // Threads cost more than they bring for what is one row group or two; a single row takes a page of each column.
  constexpr std::int64_t kParallelRowsMin = 16'384, kParallelSingleMin = 32;
  if (threads <= 1 || rows < (single ? kParallelSingleMin : kParallelRowsMin))
    return std::make_unique<SerialStream>(std::move(plan));
  return std::make_unique<ParallelStream>(std::move(plan), threads);
}

}  // namespace millpond::pond
