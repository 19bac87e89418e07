#pragma once
// How much the allocator keeps of what was freed.

#include <cstdint>

namespace millpond::cli {

/// Batches of some megabytes come and go all the time. By default each of them is mapped, zeroed by the kernel and
/// unmapped again, which costs a third of a build without a model; so they are kept and used again, as far as the
/// memory limit allows it: what is kept comes on top of it.
/// Threads: before others are started.
void keep_large_blocks(std::int64_t memory_limit_bytes);

}  // namespace millpond::cli
