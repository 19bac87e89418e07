#pragma once
// The minimum of many random functions over hashes: the loop that MinHash spends its time in.

#include <cstddef>
#include <cstdint>

namespace millpond::curate {

/// Kernels for `count` functions (a multiple of 16). `mins` holds the minima so far.
struct MinhashKernels {
  const char* name;
  /// ((hash * a + b) mod 2^64) mod (2^61 - 1), as datatrove has it.
  void (*prime)(const std::uint64_t* hashes, std::size_t size, const std::uint64_t* a, const std::uint64_t* b,
                std::size_t count, std::uint64_t* mins);
  /// (hash * a + b) mod 2^32.
  void (*narrow)(const std::uint32_t* hashes, std::size_t size, const std::uint32_t* a, const std::uint32_t* b,
                 std::size_t count, std::uint32_t* mins);
};

const MinhashKernels& minhash_kernels();  ///< the fastest that this processor runs
const MinhashKernels& scalar_minhash_kernels();

}  // namespace millpond::curate
