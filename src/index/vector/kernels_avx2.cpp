#include "index/vector/kernels_x86.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>
#include <limits>

#define MP_AVX2 __attribute__((target("avx2,fma")))

namespace millpond::index {
namespace {

MP_AVX2 inline __m256i load(const void* at) { return _mm256_loadu_si256(static_cast<const __m256i*>(at)); }

MP_AVX2 inline std::int32_t sum_of(__m256i v) {
  const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  const __m128i quarter = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
  return _mm_cvtsi128_si32(_mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 1)));
}

struct Sums {
  __m256 first, second;
};

// Sums of 16 rows: the even bytes and the odd bytes of two tables each, added up and put in the order of rows.
MP_AVX2 inline Sums sums_of(__m256i even, __m256i odd) {
  const __m128i e = _mm_add_epi16(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
  const __m128i o = _mm_add_epi16(_mm256_castsi256_si128(odd), _mm256_extracti128_si256(odd, 1));
  return {_mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_unpacklo_epi16(e, o))),
          _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_unpackhi_epi16(e, o)))};
}

MP_AVX2 std::uint32_t scan(const std::uint8_t* tables, const std::uint8_t* block, std::size_t padded,
                           const ScanScale& scale, float* estimates) {
  const __m256i low = _mm256_set1_epi8(15), bytes = _mm256_set1_epi16(0xFF);
  __m256i a_even = _mm256_setzero_si256(), a_odd = a_even, b_even = a_even, b_odd = a_even;
  for (std::size_t at = 0; at < padded * 4; at += 256) {
    __m256i a = _mm256_setzero_si256(), b = a;
    for (std::size_t i = 0; i < 256; i += 32) {
      const __m256i signs = load(block + at + i), table = load(tables + at + i);
      a = _mm256_add_epi8(a, _mm256_shuffle_epi8(table, _mm256_and_si256(signs, low)));
      b = _mm256_add_epi8(b, _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(signs, 4), low)));
    }
    a_even = _mm256_add_epi16(a_even, _mm256_and_si256(a, bytes));
    a_odd = _mm256_add_epi16(a_odd, _mm256_srli_epi16(a, 8));
    b_even = _mm256_add_epi16(b_even, _mm256_and_si256(b, bytes));
    b_odd = _mm256_add_epi16(b_odd, _mm256_srli_epi16(b, 8));
  }
  const Sums a = sums_of(a_even, a_odd), b = sums_of(b_even, b_odd);
  const __m256 sums[4] = {a.first, a.second, b.first, b.second};
  const auto* facts = reinterpret_cast<const float*>(block + sign_bytes(padded));
  const __m256 step = _mm256_set1_ps(scale.step), floor = _mm256_set1_ps(scale.floor);
  const __m256 base = _mm256_set1_ps(scale.base), threshold = _mm256_set1_ps(scale.threshold);
  std::uint32_t above = 0;
  for (int i = 0; i < 4; ++i) {
    const __m256 shift = _mm256_loadu_ps(facts + 8 * i), gain = _mm256_loadu_ps(facts + 32 + 8 * i);
    const __m256 estimate = _mm256_fmadd_ps(gain, _mm256_fmadd_ps(sums[i], step, floor), _mm256_add_ps(base, shift));
    _mm256_storeu_ps(estimates + 8 * i, estimate);
    const int mask = _mm256_movemask_ps(_mm256_cmp_ps(estimate, threshold, _CMP_GT_OQ));
    above |= static_cast<std::uint32_t>(mask) << (8 * i);
  }
  return above;
}

MP_AVX2 void dot_u4(const std::int8_t* query, const std::uint8_t* codes, std::size_t padded, const std::uint32_t* rows,
                    std::size_t count, std::int32_t* out) {
  constexpr std::size_t kAhead = 12;
  const std::size_t size = padded / 2;
  const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) {
      const auto* next = reinterpret_cast<const char*>(codes + rows[i + kAhead] * size);
      for (std::size_t line = 0; line < size; line += 64) _mm_prefetch(next + line, _MM_HINT_T0);
    }
    const std::uint8_t* code = codes + rows[i] * size;
    __m256i sum = _mm256_setzero_si256();
    for (std::size_t at = 0; at < size; at += 64) {
      for (std::size_t half = 0; half < 64; half += 32) {
        const __m256i bytes = load(code + at + half);
        const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low);
        const __m256i a = _mm256_maddubs_epi16(_mm256_and_si256(bytes, low), load(query + 2 * at + half));
        const __m256i b = _mm256_maddubs_epi16(high, load(query + 2 * at + 64 + half));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_add_epi16(a, b), ones));
      }
    }
    out[i] = sum_of(sum);
  }
}

MP_AVX2 void dot_u8(const std::int8_t* query, const std::uint8_t* rows, std::size_t padded, std::size_t count,
                    std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    __m256i sum = _mm256_setzero_si256();
    for (std::size_t at = 0; at < padded; at += 16) {
      const __m128i row = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows + i * padded + at));
      const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(query + at));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepu8_epi16(row), _mm256_cvtepi8_epi16(value)));
    }
    out[i] = sum_of(sum);
  }
}

// Three rows against all centers, 32 at a time: twelve sums fill the registers.
template <int kRows>
MP_AVX2 void nearest_rows(const float* rows, std::size_t padded, const float* tiles, std::size_t centers,
                          const float* bias, std::uint32_t* best, float* score, float* all_scores) {
  for (int r = 0; r < kRows; ++r) best[r] = 0, score[r] = -std::numeric_limits<float>::infinity();
  for (std::size_t tile = 0; tile < centers; tile += kTileCenters) {
    const float* values = tiles + tile * padded;
    __m256 sums[kRows][4];
    for (auto& sum : sums) {
      for (int part = 0; part < 4; ++part) sum[part] = _mm256_loadu_ps(bias + tile + 8 * part);
    }
    for (std::size_t d = 0; d < padded; ++d) {
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        const __m256 value = _mm256_set1_ps(rows[static_cast<std::size_t>(r) * padded + d]);
#pragma GCC unroll 4
        for (int part = 0; part < 4; ++part) {
          const __m256 center = _mm256_loadu_ps(values + d * kTileCenters + 8 * part);
          sums[r][part] = _mm256_fmadd_ps(value, center, sums[r][part]);
        }
      }
    }
    for (int r = 0; r < kRows; ++r) {
      alignas(32) float all[kTileCenters];
      for (int part = 0; part < 4; ++part) _mm256_store_ps(all + 8 * part, sums[r][part]);
      if (all_scores != nullptr) {
        std::memcpy(all_scores + static_cast<std::size_t>(r) * centers + tile, all, sizeof all);
      }
      for (std::size_t c = 0; c < kTileCenters; ++c) {
        if (all[c] > score[r]) score[r] = all[c], best[r] = static_cast<std::uint32_t>(tile + c);
      }
    }
  }
}

MP_AVX2 void nearest(const float* rows, std::size_t count, std::size_t padded, const float* tiles, std::size_t centers,
                     const float* bias, std::uint32_t* best, float* score, float* all) {
  constexpr std::size_t kRows = 3;
  std::size_t i = 0;
  for (; i + kRows <= count; i += kRows) {
    nearest_rows<kRows>(rows + i * padded, padded, tiles, centers, bias, best + i, score + i,
                        all != nullptr ? all + i * centers : nullptr);
  }
  for (; i < count; ++i) {
    nearest_rows<1>(rows + i * padded, padded, tiles, centers, bias, best + i, score + i,
                    all != nullptr ? all + i * centers : nullptr);
  }
}

// Two words at once: the instruction takes three cycles, and one can begin in each.
__attribute__((target("popcnt"))) std::uint64_t count_bits(const std::uint64_t* words, std::size_t count) {
  std::uint64_t even = 0, odd = 0;
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    even += static_cast<std::uint64_t>(_mm_popcnt_u64(words[i]));
    odd += static_cast<std::uint64_t>(_mm_popcnt_u64(words[i + 1]));
  }
  return even + odd + (i < count ? static_cast<std::uint64_t>(_mm_popcnt_u64(words[i])) : 0);
}

constexpr VectorKernels kAvx2{"avx2", scan, dot_u4, dot_u8, nearest, count_bits};

}  // namespace

const VectorKernels* avx2_vector_kernels() {
  const bool here = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt");
  return here ? &kAvx2 : nullptr;
}

}  // namespace millpond::index

#else

namespace millpond::index {
const VectorKernels* avx2_vector_kernels() { return nullptr; }
}  // namespace millpond::index

#endif
