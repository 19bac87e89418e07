#include "index/dot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "index/segment_format.h"

namespace millpond::index {
namespace {

struct alignas(64) Line {
  char bytes[64] = {};
};

TEST(Dot, EveryKernelAgreesWithTheScalarOne) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (const int dimensions : {1, 3, 8, 15, 16, 17, 100, 256, 384, 1000}) {
    for (const bool half : {false, true}) {
      const std::size_t stride = vector_stride(dimensions, half ? VectorType::kF16 : VectorType::kF32), rows = 7;
      std::vector<Line> query(static_cast<std::size_t>(dimensions) / 16 + 4), vectors(stride / 64 * rows);
      auto* q = reinterpret_cast<float*>(query.data());
      auto* v = reinterpret_cast<char*>(vectors.data());
      for (int i = 0; i < dimensions; ++i) q[i] = normal(random);
      for (std::size_t row = 0; row < rows; ++row) {
        for (int i = 0; i < dimensions; ++i) {
          const float value = normal(random);
          const std::uint16_t bits = half_from_float(value);
          char* at = v + row * stride + static_cast<std::size_t>(i) * (half ? 2 : 4);
          half ? std::memcpy(at, &bits, 2) : std::memcpy(at, &value, 4);
        }
      }
      std::vector<float> expected(rows), got(rows), alone(1);
      const auto count = static_cast<std::size_t>(dimensions);
      (half ? scalar_kernels().f16 : scalar_kernels().f32)(q, v, stride, count, rows, expected.data());
      for (const DotKernels* kernels : all_kernels()) {
        const DotRows dot = half ? kernels->f16 : kernels->f32;
        dot(q, v, stride, count, rows, got.data());
        for (std::size_t row = 0; row < rows; ++row) {
          EXPECT_NEAR(got[row], expected[row], 1e-4 * std::sqrt(dimensions)) << kernels->name << " " << dimensions;
          dot(q, v + row * stride, stride, count, 1, alone.data());
          EXPECT_EQ(alone[0], got[row]) << "a row scores the same alone and in company";
        }
      }
    }
  }
}

TEST(Dot, DistancesBytesAndBitsAgreeWithTheScalarKernel) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (const int dimensions : {1, 7, 16, 56, 57, 64, 100, 256, 384, 1000}) {
    const auto count = static_cast<std::size_t>(dimensions);
    const std::size_t rows = 19;  // twice eight side by side, and some
    std::vector<Line> query(count / 16 + 12);
    auto* q = reinterpret_cast<float*>(query.data());
    for (std::size_t i = 0; i < count; ++i) q[i] = normal(random);
    for (const VectorType type : {VectorType::kF32, VectorType::kF16, VectorType::kI8, VectorType::kBit}) {
      const std::size_t stride = vector_stride(dimensions, type);
      std::vector<Line> memory(stride / 64 * rows);
      auto* v = reinterpret_cast<char*>(memory.data());
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < count; ++i) {
          const float value = normal(random);
          const std::uint16_t half = half_from_float(value);
          char* at = v + row * stride;
          if (type == VectorType::kF32) std::memcpy(at + 4 * i, &value, 4);
          if (type == VectorType::kF16) std::memcpy(at + 2 * i, &half, 2);
          if (type == VectorType::kI8) at[i] = static_cast<char>(random());
          if (type == VectorType::kBit && value > 0) at[i / 8] |= static_cast<char>(1 << (i % 8));
        }
        // What follows the numbers of a row of bytes must not count.
        if (type == VectorType::kI8) std::memset(v + (row + 1) * stride - 8, 0x5A, 8);
      }
      const auto score = [&](const DotKernels& kernels) {
        std::vector<float> scores(rows);
        if (type == VectorType::kF32) kernels.l2_f32(q, v, stride, count, rows, scores.data());
        if (type == VectorType::kF16) kernels.l2_f16(q, v, stride, count, rows, scores.data());
        if (type == VectorType::kI8) kernels.i8(q, v, stride, count, rows, scores.data());
        if (type == VectorType::kBit) kernels.hamming(v, v, stride, rows, scores.data());
        return scores;
      };
      const std::vector<float> expected = score(scalar_kernels());
      EXPECT_TRUE(type != VectorType::kBit || expected[0] == 0);
      for (const DotKernels* kernels : all_kernels()) {
        const std::vector<float> got = score(*kernels);
        for (std::size_t row = 0; row < rows; ++row)
          EXPECT_NEAR(got[row], expected[row], 1e-5 * (100 + std::fabs(expected[row])))
              << kernels->name << " " << dimensions;
      }
    }
  }
}

TEST(Dot, HalfNumbersRoundTripAndRoundToNearestEven) {
  for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
    ASSERT_EQ(half_from_float(float_from_half(static_cast<std::uint16_t>(bits))), bits);
  }
  EXPECT_EQ(half_from_float(1.0F + 0x1p-11F), half_from_float(1.0F));  // a tie goes to even
  EXPECT_EQ(half_from_float(1.0F + 3 * 0x1p-11F), half_from_float(1.0F) + 2);
  EXPECT_EQ(half_from_float(-2.0F), 0xC000);
  EXPECT_EQ(half_from_float(1e6F), 0x7C00);
  EXPECT_TRUE(std::isnan(float_from_half(half_from_float(std::numeric_limits<float>::quiet_NaN()))));
}

}  // namespace
}  // namespace millpond::index
