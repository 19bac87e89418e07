#include "curate/words/byte_masks.h"

#include "curate/words/byte_runs.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millpond::curate {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::uint64_t kLast = 1ull << 63, kLastTwo = 3ull << 62;

/// What masks of single bytes say: a first byte counts if the ones behind it go with it or are in the next block.
std::uint64_t line_ends(std::uint64_t breaks, std::uint64_t c2, std::uint64_t x85, std::uint64_t e2, std::uint64_t x80,
                        std::uint64_t separators) {
  return breaks | (c2 & (x85 >> 1 | kLast)) | (e2 & ((x80 >> 1 & separators >> 2) | kLastTwo));
}

std::uint64_t scalar_bits(const char* at, auto marked) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < kBlock; i += 8) {
    const std::uint64_t tops = marked(load_bytes(at + i));
    mask |= ((tops >> 7) * 0x0102040810204080u) >> 56 << i;
  }
  return mask;
}

std::uint64_t tops_equal(std::uint64_t bytes, unsigned char byte) {
  const std::uint64_t other = bytes ^ (byte * kEachByte);
  return ~(((other & ~kEachTop) + ~kEachTop) | other) & kEachTop;
}

void scalar_equal(const char* text, std::size_t blocks, char byte, std::uint64_t* masks) {
  for (std::size_t k = 0; k < blocks; ++k) {
    masks[k] = scalar_bits(text + k * kBlock,
                           [&](std::uint64_t bytes) { return tops_equal(bytes, static_cast<unsigned char>(byte)); });
  }
}

void scalar_line_end(const char* text, std::size_t blocks, std::uint64_t* masks) {
  for (std::size_t k = 0; k < blocks; ++k) {
    const char* at = text + k * kBlock;
    const auto equal = [&](unsigned char byte) {
      return scalar_bits(at, [&](std::uint64_t bytes) { return tops_equal(bytes, byte); });
    };
    const std::uint64_t breaks = scalar_bits(
        at, [](std::uint64_t bytes) { return bytes_between(bytes, '\n', '\r') | bytes_between(bytes, 0x1C, 0x1E); });
    const bool wide = scalar_bits(at, [](std::uint64_t bytes) { return bytes & kEachTop; }) != 0;
    masks[k] = breaks;
    if (wide) {
      masks[k] = line_ends(breaks, equal(0xC2), equal(0x85), equal(0xE2), equal(0x80), equal(0xA8) | equal(0xA9));
    }
  }
}

constexpr ByteMaskKernels kScalar = {"scalar", scalar_equal, scalar_line_end};

#if defined(__x86_64__)
#define MILLPOND_AVX2 __attribute__((target("avx2")))
#define MILLPOND_AVX512 __attribute__((target("avx512f,avx512bw")))

MILLPOND_AVX2 inline std::uint64_t avx2_bits(__m256i low, __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
}

MILLPOND_AVX2 inline std::uint64_t avx2_equal_bits(__m256i low, __m256i high, int byte) {
  const __m256i same = _mm256_set1_epi8(static_cast<char>(byte));
  return avx2_bits(_mm256_cmpeq_epi8(low, same), _mm256_cmpeq_epi8(high, same));
}

MILLPOND_AVX2 inline __m256i avx2_below(__m256i x, char from, char count) {
  const __m256i moved = _mm256_sub_epi8(x, _mm256_set1_epi8(from));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(moved, _mm256_set1_epi8(static_cast<char>(count - 1))), moved);
}

MILLPOND_AVX2 inline __m256i avx2_breaks(__m256i x) {
  return _mm256_or_si256(avx2_below(x, '\n', 4), avx2_below(x, 0x1C, 3));
}

MILLPOND_AVX2 void avx2_equal(const char* text, std::size_t blocks, char byte, std::uint64_t* masks) {
  for (std::size_t k = 0; k < blocks; ++k) {
    const auto* at = reinterpret_cast<const __m256i*>(text + k * kBlock);
    masks[k] = avx2_equal_bits(_mm256_loadu_si256(at), _mm256_loadu_si256(at + 1), byte);
  }
}

MILLPOND_AVX2 void avx2_line_end(const char* text, std::size_t blocks, std::uint64_t* masks) {
  for (std::size_t k = 0; k < blocks; ++k) {
    const auto* at = reinterpret_cast<const __m256i*>(text + k * kBlock);
    const __m256i low = _mm256_loadu_si256(at), high = _mm256_loadu_si256(at + 1);
    masks[k] = avx2_bits(avx2_breaks(low), avx2_breaks(high));
    if (avx2_bits(low, high) == 0) continue;
    masks[k] = line_ends(masks[k], avx2_equal_bits(low, high, 0xC2), avx2_equal_bits(low, high, 0x85),
                         avx2_equal_bits(low, high, 0xE2), avx2_equal_bits(low, high, 0x80),
                         avx2_equal_bits(low, high, 0xA8) | avx2_equal_bits(low, high, 0xA9));
  }
}

constexpr ByteMaskKernels kAvx2 = {"avx2", avx2_equal, avx2_line_end};

MILLPOND_AVX512 inline std::uint64_t avx512_equal_bits(__m512i x, int byte) {
  return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(static_cast<char>(byte)));
}

MILLPOND_AVX512 inline std::uint64_t avx512_below(__m512i x, char from, char count) {
  return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8(from)), _mm512_set1_epi8(count));
}

MILLPOND_AVX512 void avx512_equal(const char* text, std::size_t blocks, char byte, std::uint64_t* masks) {
  for (std::size_t k = 0; k < blocks; ++k) {
    masks[k] = avx512_equal_bits(_mm512_loadu_si512(text + k * kBlock), byte);
  }
}

MILLPOND_AVX512 void avx512_line_end(const char* text, std::size_t blocks, std::uint64_t* masks) {
  for (std::size_t k = 0; k < blocks; ++k) {
    const __m512i x = _mm512_loadu_si512(text + k * kBlock);
    masks[k] = avx512_below(x, '\n', 4) | avx512_below(x, 0x1C, 3);
    if (_mm512_movepi8_mask(x) == 0) continue;
    masks[k] = line_ends(masks[k], avx512_equal_bits(x, 0xC2), avx512_equal_bits(x, 0x85), avx512_equal_bits(x, 0xE2),
                         avx512_equal_bits(x, 0x80), avx512_equal_bits(x, 0xA8) | avx512_equal_bits(x, 0xA9));
  }
}

constexpr ByteMaskKernels kAvx512 = {"avx512", avx512_equal, avx512_line_end};
#endif

struct Available {
  std::array<const ByteMaskKernels*, 3> kernels{&kScalar};
  std::size_t count = 1;
  Available() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) kernels[count++] = &kAvx2;
    const bool wide = count > 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    if (wide) kernels[count++] = &kAvx512;
#endif
  }
};

const Available& available() {
  static const Available kernels;
  return kernels;
}

}  // namespace

const ByteMaskKernels& byte_mask_kernels() { return *available().kernels[available().count - 1]; }
std::span<const ByteMaskKernels* const> all_byte_mask_kernels() {
  return {available().kernels.data(), available().count};
}

}  // namespace millpond::curate
