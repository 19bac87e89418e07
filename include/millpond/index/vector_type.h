#pragma once
// Kinds of vectors, and when two of them are near.

#include <cstdint>
#include <string>

namespace millpond::index {

/// Larger scores are nearer: the inner product, the cosine, minus the squared distance, minus the bits that differ.
enum class Metric : std::uint32_t { kInnerProduct = 0, kCosine, kL2, kHamming };
/// How a number of a vector is kept: in 4 bytes, 2 bytes, 1 byte (with a factor for each vector), 1 bit.
enum class VectorType : unsigned char { kF32, kF16, kI8, kBit };

/// A column whose vectors are indexed.
///
/// Columns: lists of numbers; list<list<numbers>> if `many`; binary or fixed for bits, eight a byte, or for bytes.
///          Floats become bytes by a factor for each vector, and bits by their sign; whole numbers stay what they are.
/// Metrics: bits have kHamming and no other, all others the first three.
struct VectorColumn {
  std::string name;
  Metric metric = Metric::kInnerProduct;
  VectorType type = VectorType::kF32;
  int prefix = 0;  ///< 0: all; otherwise only so many first numbers are looked at before the best rows are compared
  bool many =
      false;  ///< several vectors a row: a row's score is the sum of the best inner product for each vector asked
  bool operator==(const VectorColumn&) const = default;
};

}  // namespace millpond::index
