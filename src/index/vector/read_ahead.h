#pragma once
// Rows of a mapped file that does not fit in memory: asked for together, before the first of them is waited for.

#include <atomic>
#include <cstdint>
#include <span>

namespace millpond::index {

/// Notices whether searches wait for the disk: while they do not, nothing is asked for, since that costs time.
/// Threads: any.
class ReadAhead {
 public:
  /// Counts the pages that this thread had to wait for while it lives.
  class Watch {
   public:
    explicit Watch(ReadAhead& ahead) : ahead_(ahead), before_(waits()) {}
    ~Watch() { ahead_.saw(waits() - before_); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    ReadAhead& ahead_;
    const long before_;
  };

  bool wanted() const { return searches_left_.load(std::memory_order_relaxed) > 0; }
  /// Rows of `size_bytes` each, row i at `base` + i × size_bytes. Returns at once.
  static void rows(const void* base, std::size_t size_bytes, std::span<const std::uint32_t> rows);
  static void bytes(const void* from, std::size_t size_bytes);
  /// What is read here and there: the system is not to read the neighbours as well.
  static void scattered(const void* from, std::size_t size_bytes);

 private:
  static long waits();
  void saw(long waits);

  std::atomic<int> searches_left_{0};
};

}  // namespace millpond::index
