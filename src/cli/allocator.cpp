#include "cli/allocator.h"

#include <malloc.h>

#include <algorithm>

namespace millpond::cli {

void keep_large_blocks(std::int64_t memory_limit_bytes) {
  constexpr std::int64_t kLeast = 1 << 20, kMost = 64 << 20;
  const auto kept_bytes = static_cast<int>(std::clamp(memory_limit_bytes / 64, kLeast, kMost));
  mallopt(M_MMAP_THRESHOLD, kept_bytes);
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
  mallopt(M_ARENA_MAX, memory_limit_bytes < 256 << 20 ? 2 : 4);
}

}  // namespace millpond::cli
