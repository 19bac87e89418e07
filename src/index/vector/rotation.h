#pragma once
// A random rotation: spreads a vector evenly over its dimensions, so that their signs say as much as possible.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millpond::index {

/// Rounds of random signs and Hadamard transforms; keeps lengths and inner products.
/// Threads: immutable, shared by all.
class Rotation {
 public:
  Rotation(int dimensions, std::uint64_t seed);
  std::size_t padded() const { return padded_; }
  /// `vector` holds padded() values, those beyond the dimensions 0.
  void apply(float* vector) const;

 private:
  std::size_t padded_, width_;  // width_: the largest power of two that fits
  int rounds_;
  std::vector<float> signs_;  // rounds × padded
};

}  // namespace millpond::index
