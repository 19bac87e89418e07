#include "index/vector/kernels.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "index/vector/kernels_x86.h"

namespace millpond::index {
namespace {

std::uint32_t scan(const std::uint8_t* tables, const std::uint8_t* block, std::size_t padded, const ScanScale& scale,
                   float* estimates) {
  std::array<std::uint32_t, kBlockRows> sums{};
  for (std::size_t table = 0; table < padded / 4; ++table) {
    for (std::size_t j = 0; j < 16; ++j) {
      sums[j] += tables[table * 16 + (block[table * 16 + j] & 15)];
      sums[j + 16] += tables[table * 16 + (block[table * 16 + j] >> 4)];
    }
  }
  std::array<float, 2 * kBlockRows> facts;
  std::memcpy(facts.data(), block + sign_bytes(padded), sizeof facts);
  std::uint32_t above = 0;
  for (std::size_t i = 0; i < kBlockRows; ++i) {
    const float estimate = std::fma(
        facts[kBlockRows + i], std::fma(static_cast<float>(sums[i]), scale.step, scale.floor), scale.base + facts[i]);
    estimates[i] = estimate;
    above |= static_cast<std::uint32_t>(estimate > scale.threshold) << i;
  }
  return above;
}

void dot_u4(const std::int8_t* query, const std::uint8_t* codes, std::size_t padded, const std::uint32_t* rows,
            std::size_t count, std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* code = codes + rows[i] * (padded / 2);
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < padded; d += 128) {
      for (std::size_t j = 0; j < 64; ++j) {
        sum += query[d + j] * (code[d / 2 + j] & 15) + query[d + 64 + j] * (code[d / 2 + j] >> 4);
      }
    }
    out[i] = sum;
  }
}

void dot_u8(const std::int8_t* query, const std::uint8_t* rows, std::size_t padded, std::size_t count,
            std::int32_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < padded; ++d) sum += query[d] * rows[i * padded + d];
    out[i] = sum;
  }
}

void nearest(const float* rows, std::size_t count, std::size_t padded, const float* tiles, std::size_t centers,
             const float* bias, std::uint32_t* best, float* score, float* all) {
  for (std::size_t i = 0; i < count; ++i) {
    best[i] = 0;
    score[i] = -std::numeric_limits<float>::infinity();
    for (std::size_t tile = 0; tile < centers; tile += kTileCenters) {
      std::array<float, kTileCenters> sums;
      std::memcpy(sums.data(), bias + tile, sizeof sums);
      const float* values = tiles + tile * padded;
      for (std::size_t d = 0; d < padded; ++d) {
        const float value = rows[i * padded + d];
        for (std::size_t c = 0; c < kTileCenters; ++c) sums[c] += value * values[d * kTileCenters + c];
      }
      if (all != nullptr) std::memcpy(all + i * centers + tile, sums.data(), sizeof sums);
      for (std::size_t c = 0; c < kTileCenters; ++c) {
        if (sums[c] > score[i]) {
          score[i] = sums[c];
          best[i] = static_cast<std::uint32_t>(tile + c);
        }
      }
    }
  }
}

std::uint64_t count_bits(const std::uint64_t* words, std::size_t count) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) bits += static_cast<std::uint64_t>(std::popcount(words[i]));
  return bits;
}

constexpr VectorKernels kScalar{"scalar", scan, dot_u4, dot_u8, nearest, count_bits};

struct Available {
  std::array<const VectorKernels*, 3> kernels{&kScalar};
  std::size_t count = 1;
  Available() {
    if (const VectorKernels* avx2 = avx2_vector_kernels()) kernels[count++] = avx2;
    if (const VectorKernels* avx512 = avx512_vector_kernels()) kernels[count++] = avx512;
  }
};

const Available& available() {
  static const Available here;
  return here;
}

}  // namespace

const VectorKernels& scalar_vector_kernels() { return kScalar; }
const VectorKernels& best_vector_kernels() { return *available().kernels[available().count - 1]; }
std::span<const VectorKernels* const> all_vector_kernels() { return {available().kernels.data(), available().count}; }

}  // namespace millpond::index
