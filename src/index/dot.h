#pragma once
// A query against rows of vectors: AVX-512, AVX2 or plain, chosen at run time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace millpond::index {

/// scores[i] = query · row i, for `rows` rows that lie `stride_bytes` apart, 64-byte aligned and padded with zeros.
/// The query must be aligned and padded in the same way.
using DotRows = void (*)(const float* query, const char* vectors, std::size_t stride_bytes, std::size_t dimensions,
                         std::size_t rows, float* scores);

/// scores[i] = how many bits differ between the query and row i; both end with zeros.
using HammingRows = void (*)(const char* query, const char* rows, std::size_t stride_bytes, std::size_t count,
                             float* scores);

struct DotKernels {
  std::string_view name;
  DotRows f32, f16;
  DotRows i8;              ///< of whole numbers: the last eight bytes of a row are not among them, but times zeros
  DotRows l2_f32, l2_f16;  ///< squared distances
  HammingRows hamming;
};

const DotKernels& scalar_kernels();
/// The best that this processor has. Threads: any.
const DotKernels& best_kernels();
/// All that this processor has, scalar first.
std::span<const DotKernels* const> all_kernels();

std::uint16_t half_from_float(float value);  ///< rounds to nearest, ties to even; too large becomes infinity
float float_from_half(std::uint16_t half);

}  // namespace millpond::index
