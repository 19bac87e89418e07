#include "index/vector/clusters.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <thread>

#include "index/vector/kernels.h"
#include "index/vector/random.h"

namespace millpond::index {
namespace {

constexpr int kRounds = 5;
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

double product(const float* a, const float* b, std::size_t padded) {
  constexpr std::size_t kLanes = 16;  // sums side by side, which the compiler makes vectors of
  float sums[kLanes] = {};
  for (std::size_t d = 0; d < padded; d += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[d + lane] * b[d + lane];
  }
  double sum = 0;
  for (const float each : sums) sum += double{each};
  return sum;
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

CenterTiles::CenterTiles(const std::vector<float>& centers, std::size_t padded, bool euclidean)
    : padded_(padded), centers_(centers) {
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
  best_vector_kernels().nearest(rows, count, padded_, tiles_.data(), bias_.size(), bias_.data(), best, score, nullptr);
}

void CenterTiles::nearest_two(const float* rows, std::size_t count, std::uint32_t* best, std::uint32_t* second) const {
  constexpr std::size_t kRowsAtOnce = 120;  // their scores stay in the cache
  std::vector<float> scores(std::min(count, kRowsAtOnce) * bias_.size()), score(std::min(count, kRowsAtOnce));
  Scratch scratch;
  for (std::size_t first = 0; first < count; first += kRowsAtOnce) {
    const std::size_t size = std::min(kRowsAtOnce, count - first);
    best_vector_kernels().nearest(rows + first * padded_, size, padded_, tiles_.data(), bias_.size(), bias_.data(),
                                  best + first, score.data(), scores.data());
    for (std::size_t i = 0; i < size; ++i) {
      float* own = scores.data() + i * bias_.size();
      second[first + i] = second_of(rows + (first + i) * padded_, own, best[first + i], scratch);
    }
  }
}

namespace {

// The centers of the `wanted` highest scores; in no order.
void highest(std::span<const float> scores, std::size_t wanted, std::vector<std::uint32_t>& found) {
  found.clear();
  const auto higher = [&](std::uint32_t a, std::uint32_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  // A sample tells what a score must be for a few more than are wanted to have it.
  constexpr std::size_t kStep = 8, kMore = 3;
  float least = -std::numeric_limits<float>::infinity();
  const std::size_t rank = kMore * wanted / kStep;
  if (scores.size() > 8 * kMore * wanted) {
    std::vector<float> sample;
    for (std::size_t c = 0; c < scores.size(); c += kStep) sample.push_back(scores[c]);
    std::nth_element(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(rank), sample.end(),
                     std::greater<>());
    least = sample[rank];
  }
  for (int round = 0; round < 2 && found.size() < wanted; ++round) {
    found.clear();
    for (std::uint32_t c = 0; c < scores.size(); ++c) {
      if (scores[c] >= least) found.push_back(c);
    }
    least = -std::numeric_limits<float>::infinity();
  }
  if (found.size() <= wanted) return;
  std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(wanted), found.end(), higher);
  found.resize(wanted);
}

}  // namespace

// With residuals x − c and x − o, what decides is |x − o|² + penalty × ((x − o) · (x − c))² / |x − c|². Of that, −2 ×
// the score of o differs from |x − o|² by the same for all o.
std::uint32_t CenterTiles::second_of(const float* row, float* scores, std::uint32_t best, Scratch& scratch) const {
  constexpr double kPenalty = 2;
  constexpr std::size_t kConsidered = 16;                        // of more, hardly a row takes another
  for (std::size_t c = 0; c < centers_.size() / padded_; ++c) {  // what overflowed has no place in an order
    scores[c] = scores[c] == scores[c] ? scores[c] : -std::numeric_limits<float>::infinity();
  }
  scores[best] = -std::numeric_limits<float>::infinity();
  highest({scores, centers_.size() / padded_}, kConsidered, scratch.found);
  std::vector<float>& away = scratch.away;
  away.resize(padded_);
  const float* center = centers_.data() + best * padded_;
  for (std::size_t d = 0; d < padded_; ++d) away[d] = row[d] - center[d];
  const double square = product(away.data(), away.data(), padded_), own = product(row, away.data(), padded_);
  std::uint32_t second = best;
  double least = std::numeric_limits<double>::infinity();
  for (const std::uint32_t c : scratch.found) {
    if (c == best) continue;
    const double along = own - product(centers_.data() + c * padded_, away.data(), padded_);
    const double loss = (square > 0 ? kPenalty * along * along / square : 0) - 2 * double{scores[c]};
    if (loss < least || (loss == least && c < second)) least = loss, second = c;
  }
  return second;
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
