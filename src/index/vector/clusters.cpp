#include "index/vector/clusters.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "index/vector/kernels.h"
#include "index/vector/random.h"

namespace millpond::index {
namespace {

constexpr int kRounds = 7;
constexpr std::size_t kRowsInTask = 1200;  // a multiple of what the kernels take at once

// Returns how long it was.
float make_unit(float* center, std::size_t padded) {
  double square = 0;
  for (std::size_t i = 0; i < padded; ++i) square += double{center[i]} * center[i];
  if (square <= 0) return 0;
  const auto unit = static_cast<float>(1 / std::sqrt(square));
  for (std::size_t i = 0; i < padded; ++i) center[i] *= unit;
  return 1 / unit;
}

// Moves centers without rows next to that of the largest group, which then falls apart.
void fill_empty(std::vector<float>& centers, std::vector<std::size_t>& counts, std::size_t padded, Random& random) {
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] != 0) continue;
    const auto largest = static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
    if (counts[largest] < 2) return;
    for (std::size_t d = 0; d < padded; ++d) {
      const float nudge = (random.next() >> 63 != 0 ? 1.0F : -1.0F) / 128;
      centers[c * padded + d] = centers[largest * padded + d] * (1 + nudge);
      centers[largest * padded + d] *= 1 - nudge;
    }
    counts[c] = counts[largest] / 2;
    counts[largest] -= counts[c];
  }
}

}  // namespace

void for_each_parallel(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> running;
  for (std::size_t i = 1; i < std::min<std::size_t>(count, threads < 1 ? 1 : static_cast<std::size_t>(threads)); ++i) {
    running.emplace_back(run);
  }
  run();
  for (std::thread& thread : running) thread.join();
}

CenterTiles::CenterTiles(const std::vector<float>& centers, std::size_t padded, bool euclidean) : padded_(padded) {
  const std::size_t count = centers.size() / padded, filled = (count + kTileCenters - 1) / kTileCenters * kTileCenters;
  tiles_.resize(filled * padded);
  bias_.assign(filled, -std::numeric_limits<float>::infinity());
  for (std::size_t c = 0; c < count; ++c) {
    float* tile = tiles_.data() + c / kTileCenters * kTileCenters * padded + c % kTileCenters;
    double square = 0;
    for (std::size_t d = 0; d < padded; ++d) {
      const float value = centers[c * padded + d];
      tile[d * kTileCenters] = value;
      square += double{value} * value;
    }
    bias_[c] = euclidean ? static_cast<float>(-square / 2) : 0.0F;
  }
}

void CenterTiles::nearest(const float* rows, std::size_t count, std::uint32_t* best, float* score) const {
  best_vector_kernels().nearest(rows, count, padded_, tiles_.data(), bias_.size(), bias_.data(), best, score);
}

Centers find_centers(const std::vector<float>& rows, std::size_t padded, std::size_t clusters, bool euclidean,
                     int threads, std::uint64_t seed) {
  const std::size_t count = rows.size() / padded;
  Random random(seed ^ 0xC1);
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  std::vector<float> centers(clusters * padded), reach(clusters, 1.0F);
  for (std::size_t c = 0; c < clusters; ++c) {
    std::swap(order[c], order[c + random.below(count - c)]);
    std::copy_n(rows.data() + order[c] * padded, padded, centers.data() + c * padded);
    if (!euclidean) make_unit(centers.data() + c * padded, padded);
  }
  std::vector<std::uint32_t> best(count);
  std::vector<float> score(count);
  for (int round = 0; round < kRounds; ++round) {
    const CenterTiles tiles(centers, padded, euclidean);
    for_each_parallel((count + kRowsInTask - 1) / kRowsInTask, threads, [&](std::size_t task) {
      const std::size_t first = task * kRowsInTask, size = std::min(kRowsInTask, count - first);
      tiles.nearest(rows.data() + first * padded, size, best.data() + first, score.data() + first);
    });
    std::vector<std::size_t> counts(clusters);
    std::fill(centers.begin(), centers.end(), 0.0F);
    for (std::size_t i = 0; i < count; ++i) {
      ++counts[best[i]];
      float* center = centers.data() + best[i] * padded;
      for (std::size_t d = 0; d < padded; ++d) center[d] += rows[i * padded + d];
    }
    for (std::size_t c = 0; c < clusters; ++c) {
      if (counts[c] == 0) continue;
      const float part = 1.0F / static_cast<float>(counts[c]);
      for (std::size_t d = 0; d < padded; ++d) centers[c * padded + d] *= part;
    }
    if (round + 1 < kRounds) fill_empty(centers, counts, padded, random);
    for (std::size_t c = 0; c < clusters && !euclidean; ++c) reach[c] = make_unit(centers.data() + c * padded, padded);
  }
  return {std::move(centers), std::move(reach)};
}

}  // namespace millpond::index
