#include "curate/near_duplicates/near_vectors.h"

#include <algorithm>

namespace millpond::curate {

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

/// From vectors at even distances.
Status NearVectors::learn_groups(Context& context) {
  const auto [groups, samples] = VectorGroups::size_for(rule_.groups, rows_.size(), length_);
  std::vector<float> sample(samples * length_), vector;
  for (std::size_t i = 0; i < samples; ++i) {
    MP_TRY(read(VectorGroups::sampled(i, rows_.size(), samples), 1, vector));
    std::copy(vector.begin(), vector.end(), sample.begin() + static_cast<std::ptrdiff_t>(i * length_));
  }
  return groups_.learn(sample, length_, groups, context);
}

Status NearVectors::assign(Context& context) {
  const std::size_t step = std::max<std::size_t>(1, share_bytes_ / (length_ * sizeof(float)));
  std::vector<float> some;
  for (std::size_t first = 0; first < rows_.size(); first += step) {
    const std::size_t count = std::min(step, rows_.size() - first);
    MP_TRY(read(first, count, some));
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 64 == 0) MP_TRY(context.check());
      const auto [one, other] = groups_.nearest(some.data() + i * length_);
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
          const float likeness =
              cosine_of_units(some.data() + (i - a) * length_, against.data() + (j - b) * length_, length_);
          if (likeness >= rule_.similarity_min) sets.join(rows_[places_[i].vector], rows_[places_[j].vector]);
        }
      }
    }
  }
  return {};
}

Status NearVectors::join(UnionFind& sets, Context& context) {
  if (rows_.empty()) return {};
  MP_TRY(learn_groups(context));
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
