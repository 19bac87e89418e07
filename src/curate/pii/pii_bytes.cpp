#include "curate/pii/pii_bytes.h"

#include <array>
#include <cstddef>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millpond::curate {
namespace {

PiiBytes scalar_classes(const char* bytes) {
  PiiBytes out;
  for (std::size_t i = 0; i < 64; ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (static_cast<unsigned char>((c | 0x20) - 'a') < 26) out.letters |= bit;
    if (static_cast<unsigned char>(c - '0') < 10) out.digits |= bit;
    if (c == '-') out.hyphens |= bit;
    if (c == '_') out.underscores |= bit;
    if (c == '@' || c == ':' || c == '=') out.marks |= bit;
  }
  return out;
}

constexpr PiiKernel kScalar{"scalar", scalar_classes};

#if defined(__x86_64__)

#define MILLPOND_AVX2 __attribute__((target("avx2")))

MILLPOND_AVX2 std::uint64_t bits_of(__m256i low, __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
}

MILLPOND_AVX2 __m256i between(__m256i bytes, char first, char count) {
  const __m256i above = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(above, _mm256_set1_epi8(static_cast<char>(count - 1))), above);
}

MILLPOND_AVX2 __m256i equal(__m256i bytes, char c) { return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c)); }

MILLPOND_AVX2 __m256i marks(__m256i bytes) {
  return _mm256_or_si256(_mm256_or_si256(equal(bytes, '@'), equal(bytes, ':')), equal(bytes, '='));
}

MILLPOND_AVX2 PiiBytes avx2_classes(const char* bytes) {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
  const __m256i small = _mm256_set1_epi8(0x20);
  PiiBytes out;
  out.letters = bits_of(between(_mm256_or_si256(low, small), 'a', 26), between(_mm256_or_si256(high, small), 'a', 26));
  out.digits = bits_of(between(low, '0', 10), between(high, '0', 10));
  out.hyphens = bits_of(equal(low, '-'), equal(high, '-'));
  out.underscores = bits_of(equal(low, '_'), equal(high, '_'));
  out.marks = bits_of(marks(low), marks(high));
  return out;
}

__attribute__((target("avx512f,avx512bw"))) PiiBytes avx512_classes(const char* bytes) {
  const __m512i text = _mm512_loadu_si512(bytes);
  const __m512i small = _mm512_or_si512(text, _mm512_set1_epi8(0x20));
  PiiBytes out;
  out.letters = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(small, _mm512_set1_epi8('a')), _mm512_set1_epi8(26));
  out.digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(text, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
  out.hyphens = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('-'));
  out.underscores = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('_'));
  out.marks = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('@')) |
              _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8(':')) | _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('='));
  return out;
}

constexpr PiiKernel kAvx2{"avx2", avx2_classes};
constexpr PiiKernel kAvx512{"avx512", avx512_classes};

#endif

struct Available {
  std::array<const PiiKernel*, 3> kernels{&kScalar};
  std::size_t count = 1;
  Available() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) kernels[count++] = &kAvx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) kernels[count++] = &kAvx512;
#endif
  }
};

const Available& available() {
  static const Available here;
  return here;
}

}  // namespace

const PiiKernel& best_pii_kernel() { return *available().kernels[available().count - 1]; }
std::span<const PiiKernel* const> all_pii_kernels() { return {available().kernels.data(), available().count}; }

}  // namespace millpond::curate
