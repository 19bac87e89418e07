#include "index/vector/calibrate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "index/vector/clusters.h"
#include "index/vector/random.h"
#include "index/vector/scan.h"
#include "index/vector_query.h"

namespace millpond::index {
namespace {

constexpr std::size_t kQueries = 192;
constexpr float kEverything = 1e30F;  // a margin that no cluster exceeds
// Of the margin that holds .95 of the ten best without ranks. The right one depends on how unequal the queries are.
constexpr std::array<float, 7> kRankWeights{0, .03F, .06F, .12F, .25F, .5F, 1};

struct Sample {
  std::vector<float> behind;          // of each cluster, for a query of length 1
  std::vector<std::uint32_t> nearer;  // how many clusters have a better score
  std::vector<std::uint32_t> best;    // the best rows, the best first
  std::vector<std::size_t> ranks;     // by the prefix, of the rows that are best by all numbers

  float remoteness_of(std::size_t cluster, float rank_weight) const {
    return remoteness(behind[cluster], nearer[cluster], rank_weight);
  }
};

constexpr std::size_t kBestInFull = 10, kQueriesInFull = 32;  // comparing all rows in full takes its time

std::vector<std::size_t> ranks_of_best(const VectorView& view, std::span<const std::uint32_t> with_vector,
                                       std::uint32_t query_row, std::span<const Candidate> by_prefix) {
  VectorRows whole = view.vectors;
  whole.prefix = 0;
  std::vector<float> query(static_cast<std::size_t>(whole.dimensions));
  load_vector(whole, query_row, view.metric(), query.size(), query.data());
  const VectorQuery exact(query, whole.type, view.metric());
  std::vector<Candidate> best;
  for (const std::uint32_t row : with_vector) {
    if (row == query_row) continue;
    float score = 0;
    exact.score(whole.data + std::size_t{row} * whole.stride, whole.stride, 1, &score);
    best.push_back({score, row});
  }
  const auto end = best.begin() + static_cast<std::ptrdiff_t>(std::min(kBestInFull, best.size()));
  std::partial_sort(best.begin(), end, best.end(), [](const Candidate& a, const Candidate& b) {
    return a.estimate != b.estimate ? a.estimate > b.estimate : a.row < b.row;
  });
  std::vector<std::size_t> ranks;
  for (auto each = best.begin(); each != end; ++each) {
    const auto at = std::find_if(by_prefix.begin(), by_prefix.end(),
                                 [&](const Candidate& candidate) { return candidate.row == each->row; });
    ranks.push_back(static_cast<std::size_t>(at - by_prefix.begin()) + 1);
  }
  return ranks;
}

// Ranks all rows but the query itself by their four-bit codes, which is exact enough for this.
Sample measure(const VectorView& view, std::span<const std::uint32_t> with_vector, std::uint32_t query_row,
               bool in_full) {
  std::vector<float> query(view.padded());
  load_vector(view.vectors, query_row, view.metric(), view.padded(), query.data());
  const PreparedQuery prepared = prepare(view, {query.data(), view.head.dimensions});
  Sample sample;
  if (!(prepared.length > 0) || !std::isfinite(prepared.length)) return sample;
  std::vector<Candidate> order;
  for (std::uint32_t c = 0; c < view.clusters.size(); ++c) {
    const float score = prepared.center_products[c] + view.clusters[c].bias;
    // Huge numbers overflow, and what is not a number has no place in an order.
    order.push_back({std::isfinite(score) ? score : std::numeric_limits<float>::lowest(), c});
  }
  const auto nearer = [](const Candidate& a, const Candidate& b) {
    return a.estimate != b.estimate ? a.estimate > b.estimate : a.row < b.row;
  };
  std::sort(order.begin(), order.end(), nearer);
  sample.behind.resize(order.size());
  sample.nearer.resize(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    sample.behind[order[i].row] = (order[0].estimate - order[i].estimate) / prepared.length;
    sample.nearer[order[i].row] = i;
  }
  CodeRank rank(view, prepared, static_cast<std::size_t>(kCurveRows.back()) + 1, false);
  for (const std::uint32_t row : with_vector) {
    if (row != query_row) rank.push(row);
  }
  VectorWork work;
  std::vector<Candidate> rows = rank.take(work);
  std::sort(rows.begin(), rows.end(), nearer);
  if (in_full) sample.ranks = ranks_of_best(view, with_vector, query_row, rows);
  for (std::size_t i = 0; i < rows.size() && static_cast<double>(i) < kCurveRows.back(); ++i) {
    sample.best.push_back(rows[i].row);
  }
  return sample;
}

class Curves {
 public:
  Curves(const VectorView& view, std::span<const Sample> samples) : view_(view), samples_(samples) {
    for (const ClusterFacts& cluster : view.clusters) entries_ += cluster.rows;
  }

  // What the `k` best rows of each sample need, by the nearest of their clusters; sorted.
  std::vector<float> needs(double k, float rank_weight) const {
    std::vector<float> out;
    for (const Sample& sample : samples_) {
      for (std::size_t i = 0; i < sample.best.size() && static_cast<double>(i) < k; ++i) {
        float least = kEverything;
        for (const std::uint16_t cluster : view_.clusters_of_row(sample.best[i])) {
          if (cluster != kNoCluster) least = std::min(least, sample.remoteness_of(cluster, rank_weight));
        }
        out.push_back(least);
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  // The samples are few and a query's rows go together: raised by the error that this leaves.
  CurvePoint at(std::span<const float> needs, double recall, float rank_weight) const {
    if (needs.empty()) return {kEverything, 1};
    constexpr double kOwnOfQuery = 3;  // so many of a query's rows tell as much as if they were of other queries
    const double error = std::sqrt(recall * (1 - recall) / (kOwnOfQuery * static_cast<double>(samples_.size())));
    const double raised = std::min(recall + error / 2, (1 + recall) / 2);
    const auto place = static_cast<std::size_t>(raised * static_cast<double>(needs.size()));
    CurvePoint point{needs[std::min(needs.size() - 1, place)], 0};
    double scanned = 0;
    for (const Sample& sample : samples_) {
      for (std::size_t c = 0; c < sample.behind.size(); ++c) {
        if (sample.remoteness_of(c, rank_weight) <= point.margin) scanned += view_.clusters[c].rows;
      }
    }
    const double all = entries_ * static_cast<double>(samples_.size());
    point.scanned = static_cast<float>(scanned / std::max(all, 1.0));
    return point;
  }

 private:
  const VectorView& view_;
  const std::span<const Sample> samples_;
  double entries_ = 0;
};

// The weight with which .98 of the ten best cost least.
float best_rank_weight(const Curves& curves) {
  const std::vector<float> plain = curves.needs(kCurveRows[0], 0);
  const float unit = curves.at(plain, .95, 0).margin;
  float best = 0, least = 2;
  for (const float part : kRankWeights) {
    const float weight = unit < kEverything ? part * unit : 0;
    const float cost = curves.at(curves.needs(kCurveRows[0], weight), .98, weight).scanned;
    if (cost < least) best = weight, least = cost;
  }
  return best;
}

}  // namespace

void calibrate(const VectorView& view, std::span<const std::uint32_t> with_vector, int threads, VectorHead& head) {
  Random random(head.seed ^ 0xCA);
  std::vector<std::uint32_t> queries;
  for (std::size_t i = 0; i < kQueries && !with_vector.empty(); ++i) {
    queries.push_back(with_vector[random.below(with_vector.size())]);
  }
  std::vector<std::uint32_t> in_place(with_vector.begin(), with_vector.end());  // in the order of their codes
  std::sort(in_place.begin(), in_place.end(),
            [&](std::uint32_t a, std::uint32_t b) { return view.place_of(a) < view.place_of(b); });
  std::vector<Sample> samples(queries.size());
  for_each_parallel(queries.size(), threads, [&](std::size_t i) {
    const bool in_full = view.vectors.prefix > 0 && i < kQueriesInFull;
    samples[i] = measure(view, in_place, queries[i], in_full);
  });
  std::vector<std::size_t> ranks;
  for (const Sample& sample : samples) ranks.insert(ranks.end(), sample.ranks.begin(), sample.ranks.end());
  if (!ranks.empty()) {
    constexpr double kHeld = .99;
    std::sort(ranks.begin(), ranks.end());
    const std::size_t rank = ranks[static_cast<std::size_t>(kHeld * static_cast<double>(ranks.size() - 1))];
    head.depth = std::max(2.0F, std::ceil(static_cast<float>(rank) / static_cast<float>(kBestInFull)));
  }
  std::erase_if(samples, [](const Sample& sample) { return sample.behind.empty(); });  // of vectors of length 0
  const Curves curves(view, samples);
  head.rank_weight = best_rank_weight(curves);
  for (std::size_t curve = 0; curve < kCurveRows.size(); ++curve) {
    const std::vector<float> needs = curves.needs(kCurveRows[curve], head.rank_weight);
    for (std::size_t i = 0; i < kCurveRecall.size(); ++i) {
      head.curve[curve][i] = curves.at(needs, kCurveRecall[i], head.rank_weight);
    }
  }
}

}  // namespace millpond::index
