#include "curate/classify/row_sums.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millpond::curate {
namespace {

constexpr std::size_t kLanes = 8;  // of a product, whatever the kernel

float float_at(const char* row, std::size_t column) {
  float value;
  std::memcpy(&value, row + column * sizeof(float), sizeof(float));
  return value;
}

void scalar_add(const char* rows, std::size_t width, const std::uint32_t* ids, std::size_t count, float* sum) {
  for (std::size_t i = 0; i < count; ++i) {
    const char* row = rows + std::size_t{ids[i]} * width * sizeof(float);
    for (std::size_t column = 0; column < width; ++column) sum[column] += float_at(row, column);
  }
}

float sum_of(const std::array<float, kLanes>& lanes) {
  const float a = (lanes[0] + lanes[4]) + (lanes[2] + lanes[6]), b = (lanes[1] + lanes[5]) + (lanes[3] + lanes[7]);
  return a + b;
}

// Not fused: the vector kernels multiply and add in two steps as well.
float scalar_dot(const char* row, std::size_t width, const float* x) {
  std::array<float, kLanes> lanes{};
  for (std::size_t column = 0; column < width; ++column) {
    const float product = float_at(row, column) * x[column];
    lanes[column % kLanes] += product;
  }
  return sum_of(lanes);
}

// Without a branch: whether a bit is set is hard to guess.
std::size_t keep_set(const std::uint64_t* bits, std::uint32_t* numbers, std::size_t count) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t number = numbers[i];
    numbers[kept] = number;
    kept += bits[number / 64] >> (number % 64) & 1;
  }
  return kept;
}

int scalar_count(std::uint64_t bits) { return __builtin_popcountll(bits); }

constexpr RowKernels kScalar{"scalar", scalar_add, scalar_dot, keep_set, scalar_count};

#if defined(__x86_64__)

__attribute__((target("avx2"))) void avx2_add(const char* rows, std::size_t width, const std::uint32_t* ids,
                                              std::size_t count, float* sum) {
  std::size_t column = 0;
  for (; column + 16 <= width; column += 16) {
    __m256 a = _mm256_loadu_ps(sum + column), b = _mm256_loadu_ps(sum + column + 8);
    for (std::size_t i = 0; i < count; ++i) {
      const auto* row = reinterpret_cast<const float*>(rows + (std::size_t{ids[i]} * width + column) * sizeof(float));
      a = _mm256_add_ps(a, _mm256_loadu_ps(row));
      b = _mm256_add_ps(b, _mm256_loadu_ps(row + 8));
    }
    _mm256_storeu_ps(sum + column, a);
    _mm256_storeu_ps(sum + column + 8, b);
  }
  for (; column < width; ++column) {
    for (std::size_t i = 0; i < count; ++i) {
      sum[column] += float_at(rows + std::size_t{ids[i]} * width * sizeof(float), column);
    }
  }
}

__attribute__((target("avx2"))) float avx2_dot(const char* row, std::size_t width, const float* x) {
  __m256 lanes = _mm256_setzero_ps();
  std::size_t column = 0;
  for (; column + kLanes <= width; column += kLanes) {
    const __m256 values = _mm256_loadu_ps(reinterpret_cast<const float*>(row + column * sizeof(float)));
    lanes = _mm256_add_ps(lanes, _mm256_mul_ps(values, _mm256_loadu_ps(x + column)));
  }
  if (column < width) {
    alignas(32) std::array<float, kLanes> tail{};
    for (std::size_t i = 0; column + i < width; ++i) tail[i] = float_at(row, column + i) * x[column + i];
    lanes = _mm256_add_ps(lanes, _mm256_load_ps(tail.data()));
  }
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps(lanes, 1));
  const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_shuffle_ps(quarter, quarter, 1)));
}

__attribute__((target("avx512f"))) void avx512_add(const char* rows, std::size_t width, const std::uint32_t* ids,
                                                   std::size_t count, float* sum) {
  for (std::size_t column = 0; column < width; column += 16) {
    const std::size_t left = width - column;
    const __mmask16 mask = left >= 16 ? __mmask16{0xFFFF} : static_cast<__mmask16>((1U << left) - 1);
    __m512 lanes = _mm512_maskz_loadu_ps(mask, sum + column);
    for (std::size_t i = 0; i < count; ++i) {
      const char* row = rows + (std::size_t{ids[i]} * width + column) * sizeof(float);
      lanes = _mm512_add_ps(lanes, _mm512_maskz_loadu_ps(mask, row));
    }
    _mm512_mask_storeu_ps(sum + column, mask, lanes);
  }
}

__attribute__((target("popcnt"))) int fast_count(std::uint64_t bits) { return __builtin_popcountll(bits); }

// Sixteen numbers at a time: half of each 64-bit word is what a gather of 32 bits finds.
__attribute__((target("avx512f"))) std::size_t avx512_keep_set(const std::uint64_t* bits, std::uint32_t* numbers,
                                                               std::size_t count) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; i += 16) {
    const std::size_t left = count - i;
    const __mmask16 some = left >= 16 ? __mmask16{0xFFFF} : static_cast<__mmask16>((1U << left) - 1);
    const __m512i sixteen = _mm512_maskz_loadu_epi32(some, numbers + i);
    const __m512i halves =
        _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), some, _mm512_srli_epi32(sixteen, 5), bits, 4);
    const __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_and_si512(sixteen, _mm512_set1_epi32(31)));
    const __mmask16 set = _mm512_test_epi32_mask(halves, bit);
    _mm512_mask_compressstoreu_epi32(numbers + kept, set, sixteen);
    kept += static_cast<std::size_t>(__builtin_popcount(set));
  }
  return kept;
}

constexpr RowKernels kAvx2{"avx2", avx2_add, avx2_dot, keep_set, fast_count};
// With AVX-512 the compiler would fuse a product and its sum, and the bits would differ: products stay with AVX2.
constexpr RowKernels kAvx512{"avx512", avx512_add, avx2_dot, avx512_keep_set, fast_count};

#endif

struct Available {
  std::array<const RowKernels*, 3> kernels{&kScalar};
  std::size_t count = 1;
  Available() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt")) kernels[count++] = &kAvx2;
    if (count == 2 && __builtin_cpu_supports("avx512f")) kernels[count++] = &kAvx512;
#endif
  }
};

const Available& available() {
  static const Available found;
  return found;
}

}  // namespace

std::span<const RowKernels* const> row_kernels() { return {available().kernels.data(), available().count}; }

const RowKernels& best_row_kernels() { return *row_kernels().back(); }

}  // namespace millpond::curate
