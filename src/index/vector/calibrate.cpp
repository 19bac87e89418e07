#include "index/vector/calibrate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "index/vector/clusters.h"
#include "index/vector/random.h"
#include "index/vector/scan.h"
#include "index/vector_query.h"

namespace millpond::index {
namespace {

constexpr std::size_t kQueries = 128;
constexpr float kEverything = 1e30F;  // a margin that no cluster exceeds

struct Sample {
  std::vector<float> scores;                      // of clusters, relative to the best one: 0 and below
  std::vector<float> margins[kCurveRows.size()];  // what each of the k best rows needs
  std::vector<std::size_t> ranks;                 // by the prefix, of the rows that are best by all numbers
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
  if (in_full) sample.ranks = ranks_of_best(view, with_vector, query_row, rows);
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
  for_each_parallel(queries.size(), threads, [&](std::size_t i) {
    const bool in_full = view.vectors.prefix > 0 && i < kQueriesInFull;
    samples[i] = measure(view, with_vector, queries[i], in_full);
  });
  std::vector<std::size_t> ranks;
  for (const Sample& sample : samples) ranks.insert(ranks.end(), sample.ranks.begin(), sample.ranks.end());
  if (!ranks.empty()) {
    constexpr double kHeld = .99;
    std::sort(ranks.begin(), ranks.end());
    const std::size_t rank = ranks[static_cast<std::size_t>(kHeld * static_cast<double>(ranks.size() - 1))];
    head.depth = std::max(2.0F, std::ceil(static_cast<float>(rank) / static_cast<float>(kBestInFull)));
  }
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
