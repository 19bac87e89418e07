#include "index/vector_query.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "index/vector/vector_layout.h"

namespace millpond::index {

ByteVectorEnd byte_vector_end(const char* row, std::size_t stride) {
  ByteVectorEnd end;
  std::memcpy(&end, row + stride - sizeof end, sizeof end);
  return end;
}

bool make_unit(std::span<float> vector) {
  double square = 0;
  for (const float value : vector) square += double{value} * value;
  if (!(square > 0)) return false;
  const double scale = 1 / std::sqrt(square);
  for (float& value : vector) value = static_cast<float>(double{value} * scale);
  return true;
}

VectorQuery::VectorQuery(std::span<const float> query, VectorType type, Metric metric)
    : type_(type), metric_(metric), dimensions_(query.size()), padded_(query) {
  double square = 0;
  for (const float value : query) square += double{value} * value;
  square_ = static_cast<float>(square);
  if (type_ != VectorType::kBit) return;
  auto* bits = reinterpret_cast<char*>(padded_.get());
  std::memset(bits, 0, query.size_bytes());
  for (std::size_t i = 0; i < query.size(); ++i)
    if (query[i] > 0) bits[i / 8] |= static_cast<char>(1 << (i % 8));
}

void VectorQuery::score(const char* rows, std::size_t stride, std::size_t count, float* scores) const {
  const DotKernels& kernels = best_kernels();
  if (type_ == VectorType::kBit) {
    kernels.hamming(reinterpret_cast<const char*>(padded_.get()), rows, stride, count, scores);
  } else if (type_ == VectorType::kI8) {
    return score_bytes(rows, stride, count, scores);
  } else {
    const bool half = type_ == VectorType::kF16;
    const DotRows dot = half ? kernels.f16 : kernels.f32, l2 = half ? kernels.l2_f16 : kernels.l2_f32;
    (metric_ == Metric::kL2 ? l2 : dot)(padded_.get(), rows, stride, dimensions_, count, scores);
  }
  if (metric_ == Metric::kL2 || metric_ == Metric::kHamming) {
    for (std::size_t i = 0; i < count; ++i) scores[i] = -scores[i];
  } else if (metric_ == Metric::kCosine) {
    divide_by_lengths(rows, stride, count, scores);
  }
}

void VectorQuery::score_bytes(const char* rows, std::size_t stride, std::size_t count, float* scores) const {
  best_kernels().i8(padded_.get(), rows, stride, dimensions_, count, scores);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteVectorEnd end = byte_vector_end(rows + i * stride, stride);
    scores[i] *= end.factor;
    if (metric_ == Metric::kL2) {
      scores[i] = 2 * scores[i] - end.square - square_;
    } else if (metric_ == Metric::kCosine) {
      scores[i] = end.square > 0 ? scores[i] / std::sqrt(end.square) : 0.0F;
    }
  }
}

void VectorQuery::divide_by_lengths(const char* rows, std::size_t stride, std::size_t count, float* scores) const {
  std::vector<float> values(dimensions_);
  const VectorRows all{rows, stride, static_cast<std::int64_t>(count), static_cast<int>(dimensions_), type_, nullptr};
  for (std::size_t i = 0; i < count; ++i) {
    load_vector(all, static_cast<std::int64_t>(i), Metric::kInnerProduct, dimensions_, values.data());
    double square = 0;
    for (const float value : values) square += double{value} * value;
    scores[i] = square > 0 ? static_cast<float>(double{scores[i]} / std::sqrt(square)) : 0.0F;
  }
}

}  // namespace millpond::index
