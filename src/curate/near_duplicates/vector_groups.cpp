#include "curate/near_duplicates/vector_groups.h"

#include <algorithm>
#include <cmath>

namespace millpond::curate {
namespace {

constexpr std::size_t kVectorsInGroup = 1000, kSamplesOfGroup = 32;
constexpr std::size_t kSampleBytes = 8 << 20;  // whatever the budget, so that it decides nothing
constexpr int kRounds = 8;

}  // namespace

/// Sixteen sums side by side, which the compiler keeps in registers.
float cosine_of_units(const float* a, const float* b, std::size_t length) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= length; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (const float each : sums) sum += each;
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

bool make_unit(float* vector, std::size_t length) {
  double square = 0;
  for (std::size_t i = 0; i < length; ++i) square += static_cast<double>(vector[i]) * vector[i];
  if (!(square > 0) || !std::isfinite(square)) return false;
  const double scale = 1 / std::sqrt(square);
  for (std::size_t i = 0; i < length; ++i) vector[i] = static_cast<float>(vector[i] * scale);
  return true;
}

VectorGroups::Size VectorGroups::size_for(std::int64_t asked, std::size_t count, std::size_t length) {
  const std::size_t fit = std::max<std::size_t>(1, kSampleBytes / (length * sizeof(float)));
  Size size;
  size.groups = asked > 0 ? static_cast<std::size_t>(asked) : count / kVectorsInGroup;
  size.groups = std::clamp<std::size_t>(size.groups, 1, std::min(count, fit));
  const std::size_t most = std::max(size.groups, std::min(count, fit));
  size.samples = std::clamp(size.groups * kSamplesOfGroup, size.groups, most);
  return size;
}

Status VectorGroups::learn(std::span<const float> sample, std::size_t length, std::size_t groups, Context& context) {
  length_ = length;
  const std::size_t samples = sample.size() / length;
  centres_.resize(groups * length);
  for (std::size_t group = 0; group < groups; ++group) {
    const auto from = sample.begin() + static_cast<std::ptrdiff_t>(group * samples / groups * length);
    std::copy(from, from + static_cast<std::ptrdiff_t>(length),
              centres_.begin() + static_cast<std::ptrdiff_t>(group * length));
  }
  std::vector<float> sums(centres_.size());
  for (int round = 0; round < kRounds && groups > 1; ++round) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::size_t i = 0; i < samples; ++i) {
      if (i % 64 == 0) MP_TRY(context.check());
      const float* each = sample.data() + i * length;
      float* sum = sums.data() + nearest(each).first * length;
      for (std::size_t k = 0; k < length; ++k) sum[k] += each[k];
    }
    for (std::size_t group = 0; group < groups; ++group) {
      float* sum = sums.data() + group * length;
      if (make_unit(sum, length)) std::copy(sum, sum + length, centres_.data() + group * length);
    }
  }
  return {};
}

std::pair<std::uint32_t, std::uint32_t> VectorGroups::nearest(const float* vector) const {
  std::uint32_t first = 0, second = 0;
  float best = -2, next = -2;
  for (std::uint32_t group = 0; group < count(); ++group) {
    const float likeness = cosine_of_units(vector, centres_.data() + group * length_, length_);
    if (likeness > best) {
      second = first, next = best;
      first = group, best = likeness;
    } else if (likeness > next) {
      second = group, next = likeness;
    }
  }
  return {first, count() > 1 ? second : first};
}

}  // namespace millpond::curate
