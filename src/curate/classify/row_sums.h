#pragma once
// Sums of a matrix's rows, and products with them.

#include <cstddef>
#include <cstdint>
#include <span>

namespace millpond::curate {

/// Exact: every kernel gives the same bits, since each lane adds in the order of the rows and the lanes of a product
/// are eight, added in a fixed order.
struct RowKernels {
  const char* name;
  /// sum[0..width) += rows[id] for each id. `rows` holds `width` floats a row and may be unaligned.
  void (*add)(const char* rows, std::size_t width, const std::uint32_t* ids, std::size_t count, float* sum);
  /// The product of one row with `x`.
  float (*dot)(const char* row, std::size_t width, const float* x);
  /// Moves those of the numbers whose bit is set to the front, in their order, and returns how many they are.
  std::size_t (*keep_set)(const std::uint64_t* bits, std::uint32_t* numbers, std::size_t count);
  /// Bits that are set.
  int (*count_bits)(std::uint64_t bits);
};

/// Those that this processor can run, the scalar one first, the fastest last.
std::span<const RowKernels* const> row_kernels();
/// The fastest.
const RowKernels& best_row_kernels();

}  // namespace millpond::curate
