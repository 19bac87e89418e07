#include "index/vector/read_ahead.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace millpond::index {
namespace {

// Where rows are asked for in time nobody waits for them, so that it cannot be seen whether this is still needed.
constexpr int kSearches = 256;

std::uintptr_t page_of(std::uintptr_t at) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return at & ~(page - 1);
}

}  // namespace

long ReadAhead::waits() {
  struct rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  return used.ru_majflt;
}

void ReadAhead::saw(long waits) {
  if (waits > 0) {
    searches_left_.store(kSearches, std::memory_order_relaxed);
  } else if (wanted()) {
    searches_left_.fetch_sub(1, std::memory_order_relaxed);
  }
}

void ReadAhead::rows(const void* base, std::size_t size_bytes, std::span<const std::uint32_t> rows) {
  std::uintptr_t begin = 0, end = 0;  // rows that follow each other closely are asked for at once
  const auto ask = [&] {
    if (end > begin) bytes(reinterpret_cast<const void*>(begin), end - begin);
  };
  for (const std::uint32_t row : rows) {
    const std::uintptr_t from = reinterpret_cast<std::uintptr_t>(base) + std::size_t{row} * size_bytes;
    if (end == 0 || from < begin || page_of(from) > page_of(end - 1)) {
      ask();
      begin = from;
      end = from + size_bytes;
    }
    end = std::max(end, from + size_bytes);
  }
  ask();
}

void ReadAhead::bytes(const void* from, std::size_t size_bytes) {
  const std::uintptr_t begin = page_of(reinterpret_cast<std::uintptr_t>(from));
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(from) + size_bytes;
  (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_WILLNEED);
}

void ReadAhead::scattered(const void* from, std::size_t size_bytes) {
  const std::uintptr_t begin = page_of(reinterpret_cast<std::uintptr_t>(from));
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(from) + size_bytes;
  (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_RANDOM);
}

}  // namespace millpond::index
