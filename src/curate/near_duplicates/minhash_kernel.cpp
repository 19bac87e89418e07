#include "curate/near_duplicates/minhash_kernel.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millpond::curate {
namespace {

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;

void scalar_prime(const std::uint64_t* hashes, std::size_t size, const std::uint64_t* a, const std::uint64_t* b,
                  std::size_t count, std::uint64_t* mins) {
  for (std::size_t k = 0; k < count; ++k) {
    std::uint64_t least = mins[k];
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint64_t x = hashes[i] * a[k] + b[k];
      const std::uint64_t folded = (x & kPrime) + (x >> 61);
      least = std::min(least, folded >= kPrime ? folded - kPrime : folded);
    }
    mins[k] = least;
  }
}

void scalar_narrow(const std::uint32_t* hashes, std::size_t size, const std::uint32_t* a, const std::uint32_t* b,
                   std::size_t count, std::uint32_t* mins) {
  for (std::size_t k = 0; k < count; ++k) {
    std::uint32_t least = mins[k];
    for (std::size_t i = 0; i < size; ++i) least = std::min(least, hashes[i] * a[k] + b[k]);
    mins[k] = least;
  }
}

constexpr MinhashKernels kScalar{"scalar", scalar_prime, scalar_narrow};

#if defined(__x86_64__)

/// `kWidth` vectors of functions stay in registers while all hashes go by.
template <int kWidth>
__attribute__((target("avx512f,avx512dq"))) void avx512_prime_group(const std::uint64_t* hashes, std::size_t size,
                                                                    const std::uint64_t* a, const std::uint64_t* b,
                                                                    std::uint64_t* mins) {
  const __m512i prime = _mm512_set1_epi64(static_cast<long long>(kPrime));
  __m512i factor[kWidth], shift[kWidth], least[kWidth];
#pragma GCC unroll 8
  for (int v = 0; v < kWidth; ++v) {
    factor[v] = _mm512_loadu_si512(a + 8 * v);
    shift[v] = _mm512_loadu_si512(b + 8 * v);
    least[v] = _mm512_loadu_si512(mins + 8 * v);
  }
  for (std::size_t i = 0; i < size; ++i) {
    const __m512i hash = _mm512_set1_epi64(static_cast<long long>(hashes[i]));
#pragma GCC unroll 8
    for (int v = 0; v < kWidth; ++v) {
      const __m512i x = _mm512_add_epi64(_mm512_mullo_epi64(hash, factor[v]), shift[v]);
      const __m512i folded = _mm512_add_epi64(_mm512_and_si512(x, prime), _mm512_srli_epi64(x, 61));
      // Below the prime the difference wraps and is the larger one.
      least[v] = _mm512_min_epu64(least[v], _mm512_min_epu64(folded, _mm512_sub_epi64(folded, prime)));
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kWidth; ++v) _mm512_storeu_si512(mins + 8 * v, least[v]);
}

__attribute__((target("avx512f,avx512dq"))) void avx512_prime(const std::uint64_t* hashes, std::size_t size,
                                                              const std::uint64_t* a, const std::uint64_t* b,
                                                              std::size_t count, std::uint64_t* mins) {
  std::size_t k = 0;
  for (; k + 56 <= count; k += 56) avx512_prime_group<7>(hashes, size, a + k, b + k, mins + k);
  for (; k + 8 <= count; k += 8) avx512_prime_group<1>(hashes, size, a + k, b + k, mins + k);
}

template <int kWidth>
__attribute__((target("avx512f"))) void avx512_narrow_group(const std::uint32_t* hashes, std::size_t size,
                                                            const std::uint32_t* a, const std::uint32_t* b,
                                                            std::uint32_t* mins) {
  __m512i factor[kWidth], shift[kWidth], least[kWidth];
#pragma GCC unroll 8
  for (int v = 0; v < kWidth; ++v) {
    factor[v] = _mm512_loadu_si512(a + 16 * v);
    shift[v] = _mm512_loadu_si512(b + 16 * v);
    least[v] = _mm512_loadu_si512(mins + 16 * v);
  }
  for (std::size_t i = 0; i < size; ++i) {
    const __m512i hash = _mm512_set1_epi32(static_cast<int>(hashes[i]));
#pragma GCC unroll 8
    for (int v = 0; v < kWidth; ++v) {
      least[v] = _mm512_min_epu32(least[v], _mm512_add_epi32(_mm512_mullo_epi32(hash, factor[v]), shift[v]));
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kWidth; ++v) _mm512_storeu_si512(mins + 16 * v, least[v]);
}

__attribute__((target("avx512f"))) void avx512_narrow(const std::uint32_t* hashes, std::size_t size,
                                                      const std::uint32_t* a, const std::uint32_t* b, std::size_t count,
                                                      std::uint32_t* mins) {
  std::size_t k = 0;
  for (; k + 112 <= count; k += 112) avx512_narrow_group<7>(hashes, size, a + k, b + k, mins + k);
  for (; k + 16 <= count; k += 16) avx512_narrow_group<1>(hashes, size, a + k, b + k, mins + k);
}

// AVX2 has no product of 64-bit lanes: three of 32-bit halves make one; unsigned order by turning the sign bit.
__attribute__((target("avx2"))) void avx2_prime(const std::uint64_t* hashes, std::size_t size, const std::uint64_t* a,
                                                const std::uint64_t* b, std::size_t count, std::uint64_t* mins) {
  const __m256i prime = _mm256_set1_epi64x(static_cast<long long>(kPrime));
  const __m256i one_less = _mm256_set1_epi64x(static_cast<long long>(kPrime - 1));
  for (std::size_t k = 0; k < count; k += 4) {
    const __m256i factor = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + k));
    const __m256i factor_high = _mm256_srli_epi64(factor, 32);
    const __m256i shift = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + k));
    __m256i least = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mins + k));
    least = _mm256_blendv_epi8(least, one_less, _mm256_cmpgt_epi64(_mm256_setzero_si256(), least));  // none yet
    for (std::size_t i = 0; i < size; ++i) {
      const __m256i hash = _mm256_set1_epi64x(static_cast<long long>(hashes[i]));
      const __m256i cross =
          _mm256_add_epi64(_mm256_mul_epu32(hash, factor_high), _mm256_mul_epu32(_mm256_srli_epi64(hash, 32), factor));
      const __m256i product = _mm256_add_epi64(_mm256_mul_epu32(hash, factor), _mm256_slli_epi64(cross, 32));
      const __m256i x = _mm256_add_epi64(product, shift);
      __m256i folded = _mm256_add_epi64(_mm256_and_si256(x, prime), _mm256_srli_epi64(x, 61));
      folded = _mm256_sub_epi64(folded, _mm256_and_si256(prime, _mm256_cmpgt_epi64(folded, one_less)));
      least = _mm256_blendv_epi8(least, folded, _mm256_cmpgt_epi64(least, folded));  // both are below 2^62
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(mins + k), least);
  }
}

__attribute__((target("avx2"))) void avx2_narrow(const std::uint32_t* hashes, std::size_t size, const std::uint32_t* a,
                                                 const std::uint32_t* b, std::size_t count, std::uint32_t* mins) {
  for (std::size_t k = 0; k < count; k += 16) {
    const __m256i factor0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + k));
    const __m256i factor1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + k + 8));
    const __m256i shift0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + k));
    const __m256i shift1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + k + 8));
    __m256i least0 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mins + k));
    __m256i least1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mins + k + 8));
    for (std::size_t i = 0; i < size; ++i) {
      const __m256i hash = _mm256_set1_epi32(static_cast<int>(hashes[i]));
      least0 = _mm256_min_epu32(least0, _mm256_add_epi32(_mm256_mullo_epi32(hash, factor0), shift0));
      least1 = _mm256_min_epu32(least1, _mm256_add_epi32(_mm256_mullo_epi32(hash, factor1), shift1));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(mins + k), least0);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(mins + k + 8), least1);
  }
}

constexpr MinhashKernels kAvx2{"avx2", avx2_prime, avx2_narrow};
constexpr MinhashKernels kAvx512{"avx512", avx512_prime, avx512_narrow};

#endif

}  // namespace

const MinhashKernels& scalar_minhash_kernels() { return kScalar; }

const MinhashKernels& minhash_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512dq")) return kAvx512;
  if (__builtin_cpu_supports("avx2")) return kAvx2;
#endif
  return kScalar;
}

}  // namespace millpond::curate
