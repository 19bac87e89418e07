#include "index/dot.h"

#include <array>
#include <bit>
#include <cmath>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millpond::index {
namespace {

void scalar_f32(const float* query, const char* vectors, std::size_t stride, std::size_t dimensions, std::size_t rows,
                float* scores) {
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const float*>(vectors + row * stride);
    float sum = 0;
    for (std::size_t i = 0; i < dimensions; ++i) sum += query[i] * vector[i];
    scores[row] = sum;
  }
}

void scalar_f16(const float* query, const char* vectors, std::size_t stride, std::size_t dimensions, std::size_t rows,
                float* scores) {
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const std::uint16_t*>(vectors + row * stride);
    float sum = 0;
    for (std::size_t i = 0; i < dimensions; ++i) sum += query[i] * float_from_half(vector[i]);
    scores[row] = sum;
  }
}

constexpr DotKernels kScalar{"scalar", scalar_f32, scalar_f16};

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) float sum_of(__m256 v) {
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_shuffle_ps(quarter, quarter, 1)));
}

// Rows are padded with zeros to 64 bytes, so every loop takes whole steps. Two sums hide the latency of the additions.
__attribute__((target("avx2,fma"))) void avx2_f32(const float* query, const char* vectors, std::size_t stride,
                                                  std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(float);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const float*>(vectors + row * stride);
    __m256 a = _mm256_setzero_ps(), b = _mm256_setzero_ps();
    for (std::size_t i = 0; i < count; i += 16) {
      a = _mm256_fmadd_ps(_mm256_load_ps(query + i), _mm256_load_ps(vector + i), a);
      b = _mm256_fmadd_ps(_mm256_load_ps(query + i + 8), _mm256_load_ps(vector + i + 8), b);
    }
    scores[row] = sum_of(_mm256_add_ps(a, b));
  }
}

__attribute__((target("avx2,fma,f16c"))) void avx2_f16(const float* query, const char* vectors, std::size_t stride,
                                                       std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(std::uint16_t);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const std::uint16_t*>(vectors + row * stride);
    __m256 a = _mm256_setzero_ps(), b = _mm256_setzero_ps();
    for (std::size_t i = 0; i < count; i += 16) {
      const auto* halves = reinterpret_cast<const __m128i*>(vector + i);
      a = _mm256_fmadd_ps(_mm256_load_ps(query + i), _mm256_cvtph_ps(_mm_load_si128(halves)), a);
      b = _mm256_fmadd_ps(_mm256_load_ps(query + i + 8), _mm256_cvtph_ps(_mm_load_si128(halves + 1)), b);
    }
    scores[row] = sum_of(_mm256_add_ps(a, b));
  }
}

// One row after the other, so that memory is read in order: rows taken side by side halve the rate of a large scan.
__attribute__((target("avx512f"))) void avx512_f32(const float* query, const char* vectors, std::size_t stride,
                                                   std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(float);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const float*>(vectors + row * stride);
    __m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;
    std::size_t i = 0;
    for (; i + 64 <= count; i += 64) {
      a = _mm512_fmadd_ps(_mm512_load_ps(query + i), _mm512_load_ps(vector + i), a);
      b = _mm512_fmadd_ps(_mm512_load_ps(query + i + 16), _mm512_load_ps(vector + i + 16), b);
      c = _mm512_fmadd_ps(_mm512_load_ps(query + i + 32), _mm512_load_ps(vector + i + 32), c);
      d = _mm512_fmadd_ps(_mm512_load_ps(query + i + 48), _mm512_load_ps(vector + i + 48), d);
    }
    for (; i < count; i += 16) a = _mm512_fmadd_ps(_mm512_load_ps(query + i), _mm512_load_ps(vector + i), a);
    scores[row] = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d)));
  }
}

__attribute__((target("avx512f"))) void avx512_f16(const float* query, const char* vectors, std::size_t stride,
                                                   std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(std::uint16_t);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const std::uint16_t*>(vectors + row * stride);
    __m512 a = _mm512_setzero_ps(), b = a;
    for (std::size_t i = 0; i < count; i += 32) {
      const auto* halves = reinterpret_cast<const __m256i*>(vector + i);
      a = _mm512_fmadd_ps(_mm512_load_ps(query + i), _mm512_cvtph_ps(_mm256_load_si256(halves)), a);
      b = _mm512_fmadd_ps(_mm512_load_ps(query + i + 16), _mm512_cvtph_ps(_mm256_load_si256(halves + 1)), b);
    }
    scores[row] = _mm512_reduce_add_ps(_mm512_add_ps(a, b));
  }
}

constexpr DotKernels kAvx2{"avx2", avx2_f32, avx2_f16};
constexpr DotKernels kAvx512{"avx512", avx512_f32, avx512_f16};

#endif

struct Available {
  std::array<const DotKernels*, 3> kernels{&kScalar};
  std::size_t count = 1;
  Available() {
#if defined(__x86_64__)
    // Every processor with AVX2 and FMA has F16C; clang 14 cannot ask for it.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels[count++] = &kAvx2;
    if (__builtin_cpu_supports("avx512f")) kernels[count++] = &kAvx512;
#endif
  }
};

const Available& available() {
  static const Available here;
  return here;
}

}  // namespace

const DotKernels& scalar_kernels() { return kScalar; }
const DotKernels& best_kernels() { return *available().kernels[available().count - 1]; }
std::span<const DotKernels* const> all_kernels() { return {available().kernels.data(), available().count}; }

std::uint16_t half_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const std::uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude >= 0x7F800000) return static_cast<std::uint16_t>(sign | (magnitude > 0x7F800000 ? 0x7E00 : 0x7C00));
  if (magnitude >= 0x477FF000) return static_cast<std::uint16_t>(sign | 0x7C00);
  if (magnitude < 0x38800000) {  // below the least normal half: let the adder round at the right place
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000));
  }
  const std::uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1) - 0x38000000;
  return static_cast<std::uint16_t>(sign | rounded >> 13);
}

float float_from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  if (exponent == 0) return std::copysign(std::ldexp(static_cast<float>(fraction), -24), sign != 0 ? -1.0F : 1.0F);
  const std::uint32_t wide = exponent == 31 ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

}  // namespace millpond::index
