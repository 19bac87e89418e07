#include "index/vector/encode.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace millpond::index {
namespace {

// Eight sums side by side, which the compiler turns into vector instructions without reordering a sum.
constexpr std::size_t kLanes = 8;

double total(const float (&sums)[kLanes]) {
  double sum = 0;
  for (const float each : sums) sum += double{each};
  return sum;
}

// Bit i: values[i] > 0.
std::uint8_t positive(const float* values) {
#if defined(__SSE2__)
  const int low = _mm_movemask_ps(_mm_cmpgt_ps(_mm_loadu_ps(values), _mm_setzero_ps()));
  const int high = _mm_movemask_ps(_mm_cmpgt_ps(_mm_loadu_ps(values + 4), _mm_setzero_ps()));
  return static_cast<std::uint8_t>(low | high << 4);
#else
  unsigned bits = 0;
  for (unsigned i = 0; i < 8; ++i) bits |= static_cast<unsigned>(values[i] > 0) << i;
  return static_cast<std::uint8_t>(bits);
#endif
}

// The step of 16 equal steps that lose least of a normal distribution, in standard deviations.
constexpr double kBestStep = 0.335;

}  // namespace

SignFacts encode_signs(const float* vector, const float* origin, std::size_t padded, float* scratch,
                       std::uint8_t* signs) {
  float square[kLanes] = {}, absolute[kLanes] = {}, along[kLanes] = {}, against[kLanes] = {};
  for (std::size_t d = 0; d < padded; d += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const float residual = vector[d + i] - origin[d + i];
      scratch[d + i] = residual;
      square[i] += residual * residual;
      absolute[i] += std::fabs(residual);
      along[i] += origin[d + i] * residual;
      // Its sign turned by bits, not chosen by a branch.
      const std::uint32_t turn = residual > 0 ? 0 : 0x80000000U;
      against[i] += std::bit_cast<float>(std::bit_cast<std::uint32_t>(origin[d + i]) ^ turn);
    }
  }
  for (std::size_t d = 0; d < padded; d += 8) signs[d / 8] = positive(scratch + d);
  const double size = total(absolute);
  const double gain = size > 0 ? total(square) / size : 0;
  return {static_cast<float>(total(along) - gain * total(against)), static_cast<float>(gain)};
}

CodeFacts encode_four_bits(const float* vector, const float* mean, std::size_t padded, float* scratch,
                           std::uint8_t* code) {
  float square[kLanes] = {}, product[kLanes] = {};
  for (std::size_t d = 0; d < padded; d += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const float value = vector[d + i] - mean[d + i];
      scratch[d + i] = value;
      square[i] += value * value;
    }
  }
  const double length = std::sqrt(total(square));
  const double step = kBestStep * length / std::sqrt(static_cast<double>(padded));
  const float scale = step > 0 ? static_cast<float>(1 / step) : 0.0F;
  for (std::size_t d = 0; d < padded; d += 2 * 64) {
    for (std::size_t i = 0; i < 128; ++i) {
      const float level = std::clamp(scratch[d + i] * scale + 8.0F, 0.0F, 15.0F);
      const int value = static_cast<int>(level);
      product[i % kLanes] += scratch[d + i] * (static_cast<float>(value) - 7.5F);
      auto& byte = code[d / 2 + i % 64];
      byte = static_cast<std::uint8_t>(i < 64 ? value : byte | value << 4);
    }
  }
  const double against = total(product);
  return {against > 0 ? static_cast<float>(length * length / against) : 0.0F, 0.0F};
}

void write_block(const std::uint8_t* const* signs, const SignFacts* facts, std::size_t rows, std::size_t padded,
                 std::uint8_t* block) {
  std::memset(block, 0, sign_bytes(padded));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t table = 0; table < padded / 4; ++table) {
      const unsigned nibble = signs[row][table / 2] >> (table % 2 * 4) & 15;
      block[table * 16 + row % 16] |= static_cast<std::uint8_t>(row < 16 ? nibble : nibble << 4);
    }
  }
  auto* shift = reinterpret_cast<char*>(block) + sign_bytes(padded);
  for (std::size_t row = 0; row < kBlockRows; ++row) {
    const SignFacts none{-std::numeric_limits<float>::infinity(), 0};
    const SignFacts& each = row < rows ? facts[row] : none;
    std::memcpy(shift + row * sizeof(float), &each.shift, sizeof(float));
    std::memcpy(shift + (kBlockRows + row) * sizeof(float), &each.gain, sizeof(float));
  }
}

}  // namespace millpond::index
