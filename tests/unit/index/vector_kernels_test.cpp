#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "index/vector/kernels.h"

namespace millpond::index {
namespace {

class VectorKernelsOf : public testing::TestWithParam<std::size_t> {};

TEST_P(VectorKernelsOf, EveryKernelAgreesWithTheScalarOne) {
  const std::size_t padded = GetParam();
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  const auto byte = [&] { return static_cast<std::uint8_t>(random()); };

  std::vector<std::uint8_t> tables(padded * 4), block(block_bytes(padded)), codes(padded / 2 * 40), rows8(padded * 9);
  for (auto& entry : tables) entry = byte() % (kTableMax + 1);
  for (std::size_t i = 0; i < sign_bytes(padded); ++i) block[i] = byte();
  for (std::size_t i = 0; i < 2 * kBlockRows; ++i) {
    const float value = normal(random);
    std::memcpy(block.data() + sign_bytes(padded) + i * sizeof value, &value, sizeof value);
  }
  for (auto& code : codes) code = byte();
  for (auto& value : rows8) value = byte();
  std::vector<std::int8_t> query(padded);
  for (auto& value : query) value = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  std::vector<std::uint32_t> picked(33);
  for (auto& row : picked) row = static_cast<std::uint32_t>(random() % 40);
  const std::size_t centers = 64, vectors = 29;
  std::vector<float> tiles(centers * padded), bias(centers), matrix(vectors * padded);
  for (auto& value : tiles) value = normal(random);
  for (auto& value : matrix) value = normal(random);
  bias[63] = -INFINITY;

  struct Outcome {
    std::array<float, kBlockRows> estimates;
    std::uint32_t above;
    std::vector<std::int32_t> dots4, dots8;
    std::vector<std::uint32_t> best;
    std::vector<float> score, all;
    std::uint64_t bits;
  };
  const auto run = [&](const VectorKernels& kernels) {
    Outcome outcome{{},
                    0,
                    std::vector<std::int32_t>(33),
                    std::vector<std::int32_t>(9),
                    std::vector<std::uint32_t>(vectors),
                    std::vector<float>(vectors),
                    std::vector<float>(vectors * centers),
                    0};
    const ScanScale scale{0.5F, 0.01F, -1.0F, 0.7F};
    outcome.above = kernels.scan(tables.data(), block.data(), padded, scale, outcome.estimates.data());
    kernels.dot_u4(query.data(), codes.data(), padded, picked.data(), picked.size(), outcome.dots4.data());
    kernels.dot_u8(query.data(), rows8.data(), padded, 9, outcome.dots8.data());
    kernels.nearest(matrix.data(), vectors, padded, tiles.data(), centers, bias.data(), outcome.best.data(),
                    outcome.score.data(), outcome.all.data());
    std::vector<std::uint64_t> words(37);
    std::memcpy(words.data(), block.data(), words.size() * sizeof words[0]);
    outcome.bits = kernels.count_bits(words.data(), words.size());
    return outcome;
  };
  const Outcome expected = run(scalar_vector_kernels());
  EXPECT_NE(expected.above, 0U);
  EXPECT_NE(expected.above, ~0U);
  for (const VectorKernels* kernels : all_vector_kernels()) {
    const Outcome got = run(*kernels);
    EXPECT_EQ(got.estimates, expected.estimates) << kernels->name;
    EXPECT_EQ(got.above, expected.above) << kernels->name;
    EXPECT_EQ(got.dots4, expected.dots4) << kernels->name;
    EXPECT_EQ(got.dots8, expected.dots8) << kernels->name;
    EXPECT_EQ(got.bits, expected.bits) << kernels->name;
    EXPECT_EQ(got.best, expected.best) << kernels->name;
    for (std::size_t i = 0; i < vectors; ++i) EXPECT_NEAR(got.score[i], expected.score[i], 1e-3) << kernels->name;
    for (std::size_t i = 0; i < vectors; ++i) {
      for (std::size_t c = 0; c + 1 < centers; ++c) {
        EXPECT_NEAR(got.all[i * centers + c], expected.all[i * centers + c], 1e-3) << kernels->name;
      }
      EXPECT_EQ(got.all[i * centers + got.best[i]], got.score[i]) << kernels->name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Padded, VectorKernelsOf, testing::Values(128, 256, 384, 1024));

}  // namespace
}  // namespace millpond::index
