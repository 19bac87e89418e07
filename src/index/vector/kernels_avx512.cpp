#include "index/vector/kernels_x86.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <limits>

#pragma GCC diagnostic ignored "-Wuninitialized"  // in the headers of GCC 12
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#define MP_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")))

namespace millpond::index {
namespace {

// Sums of 16 rows: the even bytes and the odd bytes of four tables each, added up and put in the order of rows.
MP_AVX512 inline __m512 sums_of(__m512i even, __m512i odd) {
  const __m256i e = _mm256_add_epi16(_mm512_castsi512_si256(even), _mm512_extracti64x4_epi64(even, 1));
  const __m256i o = _mm256_add_epi16(_mm512_castsi512_si256(odd), _mm512_extracti64x4_epi64(odd, 1));
  const __m128i e4 = _mm_add_epi16(_mm256_castsi256_si128(e), _mm256_extracti128_si256(e, 1));
  const __m128i o4 = _mm_add_epi16(_mm256_castsi256_si128(o), _mm256_extracti128_si256(o, 1));
  const __m256i rows = _mm256_set_m128i(_mm_unpackhi_epi16(e4, o4), _mm_unpacklo_epi16(e4, o4));
  return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(rows));
}

MP_AVX512 std::uint32_t scan(const std::uint8_t* tables, const std::uint8_t* block, std::size_t padded,
                             const ScanScale& scale, float* estimates) {
  const __m512i low = _mm512_set1_epi8(15), bytes = _mm512_set1_epi16(0xFF);
  __m512i a_even = _mm512_setzero_si512(), a_odd = a_even, b_even = a_even, b_odd = a_even;
  for (std::size_t at = 0; at < padded * 4; at += 512) {
    __m512i a = _mm512_setzero_si512(), b = a;
    for (std::size_t i = 0; i < 512; i += 64) {
      const __m512i signs = _mm512_loadu_si512(block + at + i), table = _mm512_loadu_si512(tables + at + i);
      a = _mm512_add_epi8(a, _mm512_shuffle_epi8(table, _mm512_and_si512(signs, low)));
      b = _mm512_add_epi8(b, _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(signs, 4), low)));
    }
    a_even = _mm512_add_epi16(a_even, _mm512_and_si512(a, bytes));
    a_odd = _mm512_add_epi16(a_odd, _mm512_srli_epi16(a, 8));
    b_even = _mm512_add_epi16(b_even, _mm512_and_si512(b, bytes));
    b_odd = _mm512_add_epi16(b_odd, _mm512_srli_epi16(b, 8));
  }
  const std::uint8_t* facts = block + sign_bytes(padded);
  const __m512 step = _mm512_set1_ps(scale.step), floor = _mm512_set1_ps(scale.floor);
  const __m512 base = _mm512_set1_ps(scale.base), threshold = _mm512_set1_ps(scale.threshold);
  const __m512 first =
      _mm512_fmadd_ps(_mm512_loadu_ps(facts + 128), _mm512_fmadd_ps(sums_of(a_even, a_odd), step, floor),
                      _mm512_add_ps(base, _mm512_loadu_ps(facts)));
  const __m512 second =
      _mm512_fmadd_ps(_mm512_loadu_ps(facts + 192), _mm512_fmadd_ps(sums_of(b_even, b_odd), step, floor),
                      _mm512_add_ps(base, _mm512_loadu_ps(facts + 64)));
  _mm512_storeu_ps(estimates, first);
  _mm512_storeu_ps(estimates + 16, second);
  const std::uint32_t above = _mm512_cmp_ps_mask(first, threshold, _CMP_GT_OQ);
  return above | static_cast<std::uint32_t>(_mm512_cmp_ps_mask(second, threshold, _CMP_GT_OQ)) << 16;
}

MP_AVX512 void dot_u4(const std::int8_t* query, const std::uint8_t* codes, std::size_t padded,
                      const std::uint32_t* rows, std::size_t count, std::int32_t* out) {
  constexpr std::size_t kAhead = 12;
  const std::size_t size = padded / 2;
  const __m512i low = _mm512_set1_epi8(15);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) {
      const auto* next = reinterpret_cast<const char*>(codes + rows[i + kAhead] * size);
      for (std::size_t line = 0; line < size; line += 64) _mm_prefetch(next + line, _MM_HINT_T0);
    }
    const std::uint8_t* code = codes + rows[i] * size;
    __m512i a = _mm512_setzero_si512(), b = a;
    for (std::size_t at = 0; at < size; at += 64) {
      const __m512i bytes = _mm512_loadu_si512(code + at);
      a = _mm512_dpbusd_epi32(a, _mm512_and_si512(bytes, low), _mm512_loadu_si512(query + 2 * at));
      b = _mm512_dpbusd_epi32(b, _mm512_and_si512(_mm512_srli_epi16(bytes, 4), low),
                              _mm512_loadu_si512(query + 2 * at + 64));
    }
    out[i] = _mm512_reduce_add_epi32(_mm512_add_epi32(a, b));
  }
}

MP_AVX512 void dot_u8(const std::int8_t* query, const std::uint8_t* rows, std::size_t padded, std::size_t count,
                      std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    __m512i a = _mm512_setzero_si512(), b = a;
    for (std::size_t at = 0; at < padded; at += 128) {
      a = _mm512_dpbusd_epi32(a, _mm512_loadu_si512(rows + i * padded + at), _mm512_loadu_si512(query + at));
      b = _mm512_dpbusd_epi32(b, _mm512_loadu_si512(rows + i * padded + at + 64), _mm512_loadu_si512(query + at + 64));
    }
    out[i] = _mm512_reduce_add_epi32(_mm512_add_epi32(a, b));
  }
}

struct Best {
  __m512 score;
  __m512i center;
};

// `kRows` rows against all centers, 32 at a time; a lane remembers the first best center that it saw.
template <int kRows>
MP_AVX512 void nearest_rows(const float* rows, std::size_t padded, const float* tiles, std::size_t centers,
                            const float* bias, std::uint32_t* best, float* score, float* all) {
  Best bests[kRows];
  for (Best& each : bests) { each = {_mm512_set1_ps(-std::numeric_limits<float>::infinity()), _mm512_setzero_si512()}; }
  const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  for (std::size_t tile = 0; tile < centers; tile += kTileCenters) {
    const float* values = tiles + tile * padded;
    __m512 a[kRows], b[kRows];
    for (int r = 0; r < kRows; ++r) a[r] = _mm512_loadu_ps(bias + tile), b[r] = _mm512_loadu_ps(bias + tile + 16);
    for (std::size_t d = 0; d < padded; ++d) {
      const __m512 first = _mm512_loadu_ps(values + d * kTileCenters);
      const __m512 second = _mm512_loadu_ps(values + d * kTileCenters + 16);
#pragma GCC unroll 12
      for (int r = 0; r < kRows; ++r) {
        const __m512 value = _mm512_set1_ps(rows[static_cast<std::size_t>(r) * padded + d]);
        a[r] = _mm512_fmadd_ps(value, first, a[r]);
        b[r] = _mm512_fmadd_ps(value, second, b[r]);
      }
    }
    if (all != nullptr) {
      for (int r = 0; r < kRows; ++r) {
        float* out = all + static_cast<std::size_t>(r) * centers + tile;
        _mm512_storeu_ps(out, a[r]);
        _mm512_storeu_ps(out + 16, b[r]);
      }
    }
    const __m512i center = _mm512_add_epi32(lanes, _mm512_set1_epi32(static_cast<int>(tile)));
    const __m512i center_b = _mm512_add_epi32(center, _mm512_set1_epi32(16));
    for (int r = 0; r < kRows; ++r) {
      const __mmask16 up = _mm512_cmp_ps_mask(a[r], bests[r].score, _CMP_GT_OQ);
      bests[r].score = _mm512_mask_mov_ps(bests[r].score, up, a[r]);
      bests[r].center = _mm512_mask_mov_epi32(bests[r].center, up, center);
      const __mmask16 up_b = _mm512_cmp_ps_mask(b[r], bests[r].score, _CMP_GT_OQ);
      bests[r].score = _mm512_mask_mov_ps(bests[r].score, up_b, b[r]);
      bests[r].center = _mm512_mask_mov_epi32(bests[r].center, up_b, center_b);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    score[r] = _mm512_reduce_max_ps(bests[r].score);
    const __mmask16 equal = _mm512_cmp_ps_mask(bests[r].score, _mm512_set1_ps(score[r]), _CMP_EQ_OQ);
    best[r] = _mm512_mask_reduce_min_epu32(equal, bests[r].center);
  }
}

MP_AVX512 void nearest(const float* rows, std::size_t count, std::size_t padded, const float* tiles,
                       std::size_t centers, const float* bias, std::uint32_t* best, float* score, float* all) {
  constexpr std::size_t kRows = 12;
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

constexpr VectorKernels kAvx512{"avx512", scan, dot_u4, dot_u8, nearest, count_bits};

}  // namespace

const VectorKernels* avx512_vector_kernels() {
  const bool here = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("popcnt");
  return here ? &kAvx512 : nullptr;
}

}  // namespace millpond::index

#else

namespace millpond::index {
const VectorKernels* avx512_vector_kernels() { return nullptr; }
}  // namespace millpond::index

#endif
