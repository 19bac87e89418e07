#pragma once
// Where in 64 bytes of text something may be that is worth a closer look, as bits.

#include <cstdint>
#include <span>

namespace millpond::curate {

/// Bit i is byte i.
struct PiiBytes {
  std::uint64_t letters = 0, digits = 0;  ///< of ASCII
  std::uint64_t hyphens = 0, underscores = 0;
  std::uint64_t marks = 0;  ///< @ : =
};

struct PiiKernel {
  const char* name;
  PiiBytes (*classes)(const char* bytes);  ///< of 64 bytes
};

const PiiKernel& best_pii_kernel();                   ///< for this processor
std::span<const PiiKernel* const> all_pii_kernels();  ///< that run here, scalar first

}  // namespace millpond::curate
