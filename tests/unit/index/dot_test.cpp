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
      const std::size_t stride = vector_stride(dimensions, half), rows = 7;
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
