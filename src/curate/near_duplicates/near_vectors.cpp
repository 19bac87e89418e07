#include "curate/near_duplicates/near_vectors.h"

#include <algorithm>
#include <cmath>

namespace millpond::curate {
namespace {

constexpr std::size_t kVectorsInGroup = 1000, kSamplesOfGroup = 32;
constexpr std::size_t kSampleBytes = 8 << 20;  // whatever the budget, so that it decides nothing
constexpr int kRounds = 8;

/// Sixteen sums side by side, which the compiler keeps in registers.
float dot(const float* a, const float* b, std::size_t length) {
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

/// False for a vector without a direction.
bool make_unit(float* vector, std::size_t length) {
  double square = 0;
  for (std::size_t i = 0; i < length; ++i) square += static_cast<double>(vector[i]) * vector[i];
  if (!(square > 0) || !std::isfinite(square)) return false;
  const double scale = 1 / std::sqrt(square);
  for (std::size_t i = 0; i < length; ++i) vector[i] = static_cast<float>(vector[i] * scale);
  return true;
}

}  // namespace

NearVectors::NearVectors(NearVectorRule rule, const std::string& spill_dir, MemoryBudget& budget)
    : rule_(rule),
      share_bytes_(static_cast<std::size_t>(std::max<std::int64_t>(64 << 10, budget.limit_bytes() / 16))),
      vectors_(spill_dir, budget) {}

Status NearVectors::add(std::uint32_t row, std::span<const float> values) {
  if (length_ == 0) length_ = values.size();
  if (values.size() != length_) {
    return invalid("vectors of ", length_, " and of ", values.size(), " values cannot be compared, at row ", row);
  }
  unit_.assign(values.begin(), values.end());
  if (!make_unit(unit_.data(), length_)) return {};
  rows_.push_back(row);
  return vectors_.append(unit_.data(), length_ * sizeof(float));
}

Status NearVectors::read(std::size_t first, std::size_t count, std::vector<float>& out) {
  out.resize(count * length_);
  return vectors_.read(static_cast<std::int64_t>(first * length_ * sizeof(float)), out.data(),
                       out.size() * sizeof(float));
}

std::pair<std::uint32_t, std::uint32_t> NearVectors::nearest(const float* vector) const {
  std::uint32_t first = 0, second = 0;
  float best = -2, next = -2;
  const std::size_t groups = centres_.size() / length_;
  for (std::uint32_t group = 0; group < groups; ++group) {
    const float likeness = dot(vector, centres_.data() + group * length_, length_);
    if (likeness > best) {
      second = first, next = best;
      first = group, best = likeness;
    } else if (likeness > next) {
      second = group, next = likeness;
    }
  }
  return {first, groups > 1 ? second : first};
}

/// k-means over vectors at even distances.
Status NearVectors::learn_centres(Context& context) {
  const std::size_t count = rows_.size();
  const std::size_t fit = std::max<std::size_t>(1, kSampleBytes / (length_ * sizeof(float)));
  std::size_t groups = rule_.groups > 0 ? static_cast<std::size_t>(rule_.groups) : count / kVectorsInGroup;
  groups = std::clamp<std::size_t>(groups, 1, std::min(count, fit));
  const std::size_t samples = std::clamp(groups * kSamplesOfGroup, groups, std::max(groups, std::min(count, fit)));
  std::vector<float> sample(samples * length_), vector;
  for (std::size_t i = 0; i < samples; ++i) {
    MP_TRY(read(i * count / samples, 1, vector));
    std::copy(vector.begin(), vector.end(), sample.begin() + static_cast<std::ptrdiff_t>(i * length_));
  }
  centres_.resize(groups * length_);
  for (std::size_t group = 0; group < groups; ++group) {
    const auto from = sample.begin() + static_cast<std::ptrdiff_t>(group * samples / groups * length_);
    std::copy(from, from + static_cast<std::ptrdiff_t>(length_),
              centres_.begin() + static_cast<std::ptrdiff_t>(group * length_));
  }
  std::vector<float> sums(centres_.size());
  for (int round = 0; round < kRounds && groups > 1; ++round) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::size_t i = 0; i < samples; ++i) {
      if (i % 64 == 0) MP_TRY(context.check());
      const float* each = sample.data() + i * length_;
      float* sum = sums.data() + nearest(each).first * length_;
      for (std::size_t k = 0; k < length_; ++k) sum[k] += each[k];
    }
    for (std::size_t group = 0; group < groups; ++group) {
      float* sum = sums.data() + group * length_;
      if (make_unit(sum, length_)) std::copy(sum, sum + length_, centres_.data() + group * length_);
    }
  }
  return {};
}

Status NearVectors::assign(Context& context) {
  const std::size_t step = std::max<std::size_t>(1, share_bytes_ / (length_ * sizeof(float)));
  std::vector<float> some;
  for (std::size_t first = 0; first < rows_.size(); first += step) {
    const std::size_t count = std::min(step, rows_.size() - first);
    MP_TRY(read(first, count, some));
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 64 == 0) MP_TRY(context.check());
      const auto [one, other] = nearest(some.data() + i * length_);
      const auto vector = static_cast<std::uint32_t>(first + i);
      places_.push_back({one, vector});
      if (other != one) places_.push_back({other, vector});
    }
  }
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    return a.group != b.group ? a.group < b.group : a.vector < b.vector;
  });
  return {};
}

Status NearVectors::load(std::size_t begin, std::size_t end, std::vector<float>& out) {
  out.resize((end - begin) * length_);
  for (std::size_t i = begin; i < end; ++i) {
    MP_TRY(vectors_.read(static_cast<std::int64_t>(places_[i].vector * length_ * sizeof(float)),
                         out.data() + (i - begin) * length_, length_ * sizeof(float)));
  }
  return {};
}

/// Blocks of vectors against blocks, so that a large group needs no more memory than a small one.
Status NearVectors::join_group(std::size_t begin, std::size_t end, UnionFind& sets, Context& context) {
  const std::size_t block = std::max<std::size_t>(1, share_bytes_ / (2 * length_ * sizeof(float)));
  std::vector<float> some, others;
  for (std::size_t a = begin; a < end; a += block) {
    const std::size_t a_end = std::min(end, a + block);
    MP_TRY(load(a, a_end, some));
    for (std::size_t b = a; b < end; b += block) {
      const std::size_t b_end = std::min(end, b + block);
      if (b != a) MP_TRY(load(b, b_end, others));
      const std::vector<float>& against = b == a ? some : others;
      for (std::size_t i = a; i < a_end; ++i) {
        MP_TRY(context.check());
        for (std::size_t j = std::max(b, i + 1); j < b_end; ++j) {
          const float likeness = dot(some.data() + (i - a) * length_, against.data() + (j - b) * length_, length_);
          if (likeness >= rule_.similarity_min) sets.join(rows_[places_[i].vector], rows_[places_[j].vector]);
        }
      }
    }
  }
  return {};
}

Status NearVectors::join(UnionFind& sets, Context& context) {
  if (rows_.empty()) return {};
  MP_TRY(learn_centres(context));
  MP_TRY(assign(context));
  for (std::size_t begin = 0, end; begin < places_.size(); begin = end) {
    for (end = begin + 1; end < places_.size() && places_[end].group == places_[begin].group;) ++end;
    MP_TRY(join_group(begin, end, sets, context));
  }
  places_ = {};
  vectors_.clear();
  return {};
}

}  // namespace millpond::curate
