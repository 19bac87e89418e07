#include "index/vector/rotation.h"

#include <bit>
#include <cmath>

#include "index/vector/kernels.h"
#include "index/vector/random.h"

namespace millpond::index {
namespace {

void hadamard(float* values, std::size_t width) {
  for (std::size_t half = 1; half < 4 && half < width; half *= 2) {
    for (std::size_t i = 0; i < width; i += 2 * half) {
      for (std::size_t j = i; j < i + half; ++j) {
        const float a = values[j], b = values[j + half];
        values[j] = a + b;
        values[j + half] = a - b;
      }
    }
  }
  using Four = float __attribute__((vector_size(16), aligned(4), may_alias));
  for (std::size_t half = 4; half < width; half *= 2) {
    for (std::size_t i = 0; i < width; i += 2 * half) {
      for (std::size_t j = i; j < i + half; j += 4) {
        auto* low = reinterpret_cast<Four*>(values + j);
        auto* high = reinterpret_cast<Four*>(values + j + half);
        const Four a = *low, b = *high;
        *low = a + b;
        *high = a - b;
      }
    }
  }
}

}  // namespace

Rotation::Rotation(int dimensions, std::uint64_t seed)
    : padded_((static_cast<std::size_t>(dimensions) + kVectorPadding - 1) / kVectorPadding * kVectorPadding),
      width_(std::bit_floor(padded_)),
      rounds_(padded_ == width_ ? 2 : 4) {
  // The transform of `width_` values makes them sqrt(width_) times longer: the signs bring that back.
  const float unit = 1.0F / std::sqrt(static_cast<float>(width_));
  Random random(seed);
  for (int round = 0; round < rounds_; ++round) {
    const std::size_t first = round % 2 == 0 ? 0 : padded_ - width_;
    for (std::size_t i = 0; i < padded_; ++i) {
      const bool inside = i >= first && i < first + width_;
      const float size = inside ? unit : 1.0F;
      signs_.push_back(random.next() >> 63 != 0 ? size : -size);
    }
  }
}

void Rotation::apply(float* vector) const {
  for (int round = 0; round < rounds_; ++round) {
    const float* signs = signs_.data() + static_cast<std::size_t>(round) * padded_;
    for (std::size_t i = 0; i < padded_; ++i) vector[i] *= signs[i];
    hadamard(vector + (round % 2 == 0 ? 0 : padded_ - width_), width_);
  }
}

}  // namespace millpond::index
