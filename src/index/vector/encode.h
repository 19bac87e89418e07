#pragma once
// Turns rotated vectors into codes of one and of four bits a dimension.

#include <cstddef>
#include <cstdint>

#include "index/vector/vector_layout.h"

namespace millpond::index {

/// What a row's signs stand for: estimate = query · origin + shift + gain × Σ ±query.
struct SignFacts {
  float shift, gain;
};

/// Signs of `vector` − `origin`, bit d % 8 of byte d / 8 is set where that is positive. Exact for queries that point
/// from the origin along the vector; unbiased for others. `scratch`: padded floats.
SignFacts encode_signs(const float* vector, const float* origin, std::size_t padded, float* scratch,
                       std::uint8_t* signs);

/// Four bits a dimension of `vector` − `mean`.
CodeFacts encode_four_bits(const float* vector, const float* mean, std::size_t padded, float* scratch,
                           std::uint8_t* code);

/// Writes the signs of up to 32 rows as `VectorKernels::scan` reads them; rows beyond are never above a threshold.
void write_block(const std::uint8_t* const* signs, const SignFacts* facts, std::size_t rows, std::size_t padded,
                 std::uint8_t* block);

}  // namespace millpond::index
