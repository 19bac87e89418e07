#include "millpond/context.h"

namespace millpond {

bool MemoryBudget::try_reserve(std::int64_t size_bytes) {
  std::int64_t used = used_bytes_.load(std::memory_order_relaxed);
  do {
    if (used + size_bytes > limit_bytes_) return false;
  } while (!used_bytes_.compare_exchange_weak(used, used + size_bytes, std::memory_order_relaxed));
  return true;
}

Context::Context()
    : progress_(std::make_unique<Progress>()), memory_(std::make_unique<MemoryBudget>(std::int64_t{1} << 30)) {}
Context::~Context() = default;

Status Context::check() const {
  if (cancel_.requested()) return Status(Code::kCancelled, "stopped on request");
  if (deadline_ != std::chrono::steady_clock::time_point::max() && std::chrono::steady_clock::now() > deadline_) {
    return Status(Code::kDeadlineExceeded, "the time limit of this call was met");
  }
  return {};
}

std::shared_ptr<void> Context::service(std::type_index type, const std::function<std::shared_ptr<void>()>& make) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<void>& slot = services_[type];
  if (!slot) slot = make();
  return slot;
}

}  // namespace millpond
