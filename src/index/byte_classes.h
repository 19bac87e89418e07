#pragma once
// What 64 bytes of text are, as bits: the first step of cutting text into words.

#include <cstdint>
#include <span>

namespace millpond::index {

/// Bit i is byte i.
struct ByteClasses {
  std::uint64_t letters = 0, digits = 0, apostrophes = 0, points = 0;  ///< of ASCII
  std::uint64_t wide = 0;                                              ///< not ASCII
};

struct ByteKernels {
  const char* name;
  ByteClasses (*classes)(const char* bytes);  ///< of 64 bytes
};

const ByteKernels& scalar_byte_kernels();
const ByteKernels& best_byte_kernels();                  ///< for this processor
std::span<const ByteKernels* const> all_byte_kernels();  ///< that run here, scalar first

}  // namespace millpond::index
