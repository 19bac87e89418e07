#include "index/vector/calibrate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "index/vector/clusters.h"
#include "index/vector/random.h"
#include "index/vector/scan.h"

namespace millpond::index {
namespace {

constexpr std::size_t kQueries = 128;
constexpr float kEverything = 1e30F;  // a margin that no cluster exceeds

struct Sample {
  std::vector<float> scores;                      // of clusters, relative to the best one: 0 and below
  std::vector<float> margins[kCurveRows.size()];  // what each of the k best rows needs
};

// Ranks all rows but the query itself by their four-bit codes, which is exact enough for this.
Sample measure(const VectorView& view, std::span<const std::uint32_t> with_vector, std::uint32_t query_row) {
  std::vector<float> query(view.padded());
  load_vector(view.vectors, query_row, view.metric(), view.padded(), query.data());
  const PreparedQuery prepared = prepare(view, {query.data(), view.head.dimensions});
  Sample sample;
  if (!(prepared.length > 0)) return sample;
  float best = -std::numeric_limits<float>::infinity();
  for (std::size_t c = 0; c < view.clusters.size(); ++c) {
    sample.scores.push_back(prepared.center_products[c] + view.clusters[c].bias);
    best = std::max(best, sample.scores.back());
  }
  for (float& score : sample.scores) score = (score - best) / prepared.length;
  CodeRank rank(view, prepared, static_cast<std::size_t>(kCurveRows.back()) + 1);
  for (const std::uint32_t row : with_vector) {
    if (row != query_row) rank.push(row);
  }
  VectorWork work;
  std::vector<Candidate> rows = rank.take(work);
  std::sort(rows.begin(), rows.end(), [](const Candidate& a, const Candidate& b) {
    return a.estimate != b.estimate ? a.estimate > b.estimate : a.row < b.row;
  });
  for (std::size_t i = 0; i < rows.size() && static_cast<double>(i) < kCurveRows.back(); ++i) {
    const float margin = -sample.scores[view.cluster_of[rows[i].row]];
    for (std::size_t curve = 0; curve < kCurveRows.size(); ++curve) {
      if (static_cast<double>(i) < kCurveRows[curve]) sample.margins[curve].push_back(margin);
    }
  }
  return sample;
}

}  // namespace

void calibrate(const VectorView& view, std::span<const std::uint32_t> with_vector, int threads, VectorHead& head) {
  Random random(head.seed ^ 0xCA);
  std::vector<std::uint32_t> queries;
  for (std::size_t i = 0; i < kQueries && !with_vector.empty(); ++i) {
    queries.push_back(with_vector[random.below(with_vector.size())]);
  }
  std::vector<Sample> samples(queries.size());
  for_each_parallel(queries.size(), threads,
                    [&](std::size_t i) { samples[i] = measure(view, with_vector, queries[i]); });
  for (std::size_t curve = 0; curve < kCurveRows.size(); ++curve) {
    std::vector<float> margins;
    for (const Sample& sample : samples) {
      margins.insert(margins.end(), sample.margins[curve].begin(), sample.margins[curve].end());
    }
    std::sort(margins.begin(), margins.end());
    for (std::size_t i = 0; i < kCurveRecall.size(); ++i) {
      CurvePoint& point = head.curve[curve][i];
      point = {kEverything, 1};
      if (margins.empty()) continue;
      const auto at = static_cast<std::size_t>(kCurveRecall[i] * static_cast<double>(margins.size()));
      point.margin = margins[std::min(margins.size() - 1, at)];
      double scanned = 0, all = 0;
      for (const Sample& sample : samples) {
        for (std::size_t c = 0; c < sample.scores.size(); ++c) {
          all += view.clusters[c].rows;
          if (sample.scores[c] >= -point.margin) scanned += view.clusters[c].rows;
        }
      }
      point.scanned = static_cast<float>(scanned / std::max(all, 1.0));
    }
  }
}

}  // namespace millpond::index
