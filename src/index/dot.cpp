#include "index/dot.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

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

void scalar_i8(const float* query, const char* vectors, std::size_t stride, std::size_t dimensions, std::size_t rows,
               float* scores) {
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const signed char*>(vectors + row * stride);
    float sum = 0;
    for (std::size_t i = 0; i < dimensions; ++i) sum += query[i] * static_cast<float>(vector[i]);
    scores[row] = sum;
  }
}

void scalar_l2_f32(const float* query, const char* vectors, std::size_t stride, std::size_t dimensions,
                   std::size_t rows, float* scores) {
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const float*>(vectors + row * stride);
    float sum = 0;
    for (std::size_t i = 0; i < dimensions; ++i) sum += (query[i] - vector[i]) * (query[i] - vector[i]);
    scores[row] = sum;
  }
}

void scalar_l2_f16(const float* query, const char* vectors, std::size_t stride, std::size_t dimensions,
                   std::size_t rows, float* scores) {
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const std::uint16_t*>(vectors + row * stride);
    float sum = 0;
    for (std::size_t i = 0; i < dimensions; ++i) {
      const float apart = query[i] - float_from_half(vector[i]);
      sum += apart * apart;
    }
    scores[row] = sum;
  }
}

void scalar_hamming(const char* query, const char* rows, std::size_t stride, std::size_t count, float* scores) {
  for (std::size_t row = 0; row < count; ++row) {
    int bits = 0;
    for (std::size_t at = 0; at < stride; at += 8) {
      std::uint64_t a, b;
      std::memcpy(&a, query + at, 8);
      std::memcpy(&b, rows + row * stride + at, 8);
      bits += std::popcount(a ^ b);
    }
    scores[row] = static_cast<float>(bits);
  }
}

constexpr DotKernels kScalar{"scalar", scalar_f32, scalar_f16, scalar_i8, scalar_l2_f32, scalar_l2_f16, scalar_hamming};

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

__attribute__((target("avx2,fma"))) void avx2_i8(const float* query, const char* vectors, std::size_t stride,
                                                 std::size_t, std::size_t rows, float* scores) {
  for (std::size_t row = 0; row < rows; ++row) {
    const char* vector = vectors + row * stride;
    __m256 a = _mm256_setzero_ps(), b = _mm256_setzero_ps();
    for (std::size_t i = 0; i < stride; i += 16) {
      const __m128i bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(vector + i));
      const __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
      const __m256 high = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8)));
      a = _mm256_fmadd_ps(_mm256_load_ps(query + i), low, a);
      b = _mm256_fmadd_ps(_mm256_load_ps(query + i + 8), high, b);
    }
    scores[row] = sum_of(_mm256_add_ps(a, b));
  }
}

__attribute__((target("avx2,fma"))) void avx2_l2_f32(const float* query, const char* vectors, std::size_t stride,
                                                     std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(float);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const float*>(vectors + row * stride);
    __m256 a = _mm256_setzero_ps(), b = _mm256_setzero_ps();
    for (std::size_t i = 0; i < count; i += 16) {
      const __m256 x = _mm256_sub_ps(_mm256_load_ps(query + i), _mm256_load_ps(vector + i));
      const __m256 y = _mm256_sub_ps(_mm256_load_ps(query + i + 8), _mm256_load_ps(vector + i + 8));
      a = _mm256_fmadd_ps(x, x, a);
      b = _mm256_fmadd_ps(y, y, b);
    }
    scores[row] = sum_of(_mm256_add_ps(a, b));
  }
}

__attribute__((target("avx2,fma,f16c"))) void avx2_l2_f16(const float* query, const char* vectors, std::size_t stride,
                                                          std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(std::uint16_t);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const std::uint16_t*>(vectors + row * stride);
    __m256 a = _mm256_setzero_ps(), b = _mm256_setzero_ps();
    for (std::size_t i = 0; i < count; i += 16) {
      const auto* halves = reinterpret_cast<const __m128i*>(vector + i);
      const __m256 x = _mm256_sub_ps(_mm256_load_ps(query + i), _mm256_cvtph_ps(_mm_load_si128(halves)));
      const __m256 y = _mm256_sub_ps(_mm256_load_ps(query + i + 8), _mm256_cvtph_ps(_mm_load_si128(halves + 1)));
      a = _mm256_fmadd_ps(x, x, a);
      b = _mm256_fmadd_ps(y, y, b);
    }
    scores[row] = sum_of(_mm256_add_ps(a, b));
  }
}

// The bits of each half byte come from a table of sixteen.
__attribute__((target("avx2"))) void avx2_hamming(const char* query, const char* rows, std::size_t stride,
                                                  std::size_t count, float* scores) {
  const __m256i low = _mm256_set1_epi8(15);
  const __m256i table =
      _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  for (std::size_t row = 0; row < count; ++row) {
    __m256i sum = _mm256_setzero_si256();
    for (std::size_t at = 0; at < stride; at += 32) {
      const __m256i differ =
          _mm256_xor_si256(_mm256_load_si256(reinterpret_cast<const __m256i*>(query + at)),
                           _mm256_load_si256(reinterpret_cast<const __m256i*>(rows + row * stride + at)));
      const __m256i bits =
          _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(differ, low)),
                          _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(differ, 4), low)));
      sum = _mm256_add_epi64(sum, _mm256_sad_epu8(bits, _mm256_setzero_si256()));
    }
    alignas(32) std::int64_t parts[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(parts), sum);
    scores[row] = static_cast<float>(parts[0] + parts[1] + parts[2] + parts[3]);
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

__attribute__((target("avx512f"))) void avx512_i8(const float* query, const char* vectors, std::size_t stride,
                                                  std::size_t, std::size_t rows, float* scores) {
  for (std::size_t row = 0; row < rows; ++row) {
    const char* vector = vectors + row * stride;
    __m512 a = _mm512_setzero_ps(), b = a;
    for (std::size_t i = 0; i < stride; i += 32) {
      const auto* bytes = reinterpret_cast<const __m128i*>(vector + i);
      const __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_load_si128(bytes)));
      const __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_load_si128(bytes + 1)));
      a = _mm512_fmadd_ps(_mm512_load_ps(query + i), low, a);
      b = _mm512_fmadd_ps(_mm512_load_ps(query + i + 16), high, b);
    }
    scores[row] = _mm512_reduce_add_ps(_mm512_add_ps(a, b));
  }
}

__attribute__((target("avx512f"))) void avx512_l2_f32(const float* query, const char* vectors, std::size_t stride,
                                                      std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(float);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const float*>(vectors + row * stride);
    __m512 a = _mm512_setzero_ps();
    for (std::size_t i = 0; i < count; i += 16) {
      const __m512 x = _mm512_sub_ps(_mm512_load_ps(query + i), _mm512_load_ps(vector + i));
      a = _mm512_fmadd_ps(x, x, a);
    }
    scores[row] = _mm512_reduce_add_ps(a);
  }
}

__attribute__((target("avx512f"))) void avx512_l2_f16(const float* query, const char* vectors, std::size_t stride,
                                                      std::size_t, std::size_t rows, float* scores) {
  const std::size_t count = stride / sizeof(std::uint16_t);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto* vector = reinterpret_cast<const std::uint16_t*>(vectors + row * stride);
    __m512 a = _mm512_setzero_ps();
    for (std::size_t i = 0; i < count; i += 16) {
      const __m512 half = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(vector + i)));
      const __m512 x = _mm512_sub_ps(_mm512_load_ps(query + i), half);
      a = _mm512_fmadd_ps(x, x, a);
    }
    scores[row] = _mm512_reduce_add_ps(a);
  }
}

// The sums of eight vectors of eight numbers each, in order: halves are added crosswise, three times.
__attribute__((target("avx512f"))) __m512i sums_of_eight(const __m512i* rows) {
  __m512i pairs[4], fours[2];
  for (int i = 0; i < 4; ++i) {
    pairs[i] = _mm512_add_epi64(_mm512_unpacklo_epi64(rows[2 * i], rows[2 * i + 1]),
                                _mm512_unpackhi_epi64(rows[2 * i], rows[2 * i + 1]));
  }
  for (int i = 0; i < 2; ++i) {
    fours[i] = _mm512_add_epi64(_mm512_shuffle_i64x2(pairs[2 * i], pairs[2 * i + 1], 0x88),
                                _mm512_shuffle_i64x2(pairs[2 * i], pairs[2 * i + 1], 0xDD));
  }
  return _mm512_add_epi64(_mm512_shuffle_i64x2(fours[0], fours[1], 0x88),
                          _mm512_shuffle_i64x2(fours[0], fours[1], 0xDD));
}

__attribute__((target("avx512f,avx512vpopcntdq"))) void avx512_hamming(const char* query, const char* rows,
                                                                       std::size_t stride, std::size_t count,
                                                                       float* scores) {
  std::size_t row = 0;
  // Adding up one short row takes longer than reading it.
  for (; stride == 64 && row + 8 <= count; row += 8) {
    const __m512i asked = _mm512_load_si512(query);
    __m512i bits[8];
    for (std::size_t i = 0; i < 8; ++i)
      bits[i] = _mm512_popcnt_epi64(_mm512_xor_si512(asked, _mm512_load_si512(rows + (row + i) * 64)));
    _mm256_storeu_ps(scores + row, _mm256_cvtepi32_ps(_mm512_cvtepi64_epi32(sums_of_eight(bits))));
  }
  for (; row < count; ++row) {
    __m512i sum = _mm512_setzero_si512();
    for (std::size_t at = 0; at < stride; at += 64) {
      const __m512i differ =
          _mm512_xor_si512(_mm512_load_si512(query + at), _mm512_load_si512(rows + row * stride + at));
      sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(differ));
    }
    scores[row] = static_cast<float>(_mm512_reduce_add_epi64(sum));
  }
}

constexpr DotKernels kAvx2{"avx2", avx2_f32, avx2_f16, avx2_i8, avx2_l2_f32, avx2_l2_f16, avx2_hamming};
constexpr DotKernels kAvx512{"avx512", avx512_f32, avx512_f16, avx512_i8, avx512_l2_f32, avx512_l2_f16, avx2_hamming};
constexpr DotKernels kAvx512Popcount{"avx512 with popcounts", avx512_f32,    avx512_f16,    avx512_i8,
                                     avx512_l2_f32,           avx512_l2_f16, avx512_hamming};

#endif

struct Available {
  std::array<const DotKernels*, 4> kernels{&kScalar};
  std::size_t count = 1;
  Available() {
#if defined(__x86_64__)
    // Every processor with AVX2 and FMA has F16C; clang 14 cannot ask for it.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels[count++] = &kAvx2;
    const bool avx512 = count > 1 && __builtin_cpu_supports("avx512f");
    if (avx512) kernels[count++] = &kAvx512;
    if (avx512 && __builtin_cpu_supports("avx512vpopcntdq")) kernels[count++] = &kAvx512Popcount;
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
