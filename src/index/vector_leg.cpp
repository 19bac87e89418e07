#include "index/vector_leg.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <optional>
#include <thread>

#include "index/many_vectors.h"

namespace millpond::index {
namespace {

constexpr std::size_t kRowsInTask = 8192;         // a multiple of 64
constexpr std::size_t kThreadBytesMin = 8 << 20;  // less is not worth a thread
constexpr int kSparse = 24;                       // of 64 rows: below, compare row by row
constexpr std::size_t kSampledRows = 256;

struct Task {
  std::uint32_t segment;
  std::size_t first_row, end_row;
  bool indexed;
};

struct Sums {
  std::int64_t count = 0;
  double sum = 0;
};

/// Adds up the scores of 64 rows, and says whether one of them is at least `threshold`.
bool add_full(const std::array<float, 64>& scores, double threshold, Sums& sums) {
  std::array<double, 8> parts{};
  float most = scores[0];
  for (std::size_t i = 0; i < 64; i += 8) {
    for (std::size_t p = 0; p < 8; ++p) {
      parts[p] += double{scores[i + p]};
      most = std::max(most, scores[i + p]);
    }
  }
  for (const double part : parts) sums.sum += part;
  sums.count += 64;
  return double{most} >= threshold;
}

Sums compare(const Visible& visible, const Task& task, const RowScorer& scorer, Top& top) {
  const VectorColumnView& column = scorer.column();
  const bool all_have_vectors = column.has.empty() && !column.declared.many;
  Sums sums;
  std::array<float, 64> scores;
  for (std::size_t row = task.first_row; row < task.end_row; row += 64) {
    const std::uint64_t bits = visible.word(row / 64);
    if (bits == 0) continue;
    const std::size_t rows = std::min<std::size_t>(64, task.end_row - row);
    const bool sparse = std::popcount(bits) < kSparse;
    if (!sparse) scorer.score(static_cast<std::int64_t>(row), rows, scores.data());
    const bool full = bits == ~std::uint64_t{0} && rows == 64 && all_have_vectors;
    if (full && !add_full(scores, top.threshold(), sums)) continue;
    for (std::uint64_t left = bits; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (!all_have_vectors && !column.has_vector(static_cast<std::int64_t>(row + i))) continue;
      if (sparse) scorer.score(static_cast<std::int64_t>(row + i), 1, &scores[i]);
      const double score = scores[i];
      if (!full) {
        ++sums.count;
        sums.sum += score;
      }
      if (score >= top.threshold()) top.push({score, task.segment, static_cast<std::uint32_t>(row + i)});
    }
  }
  return sums;
}

// The mean score of some of the visible rows, taken evenly: with a filter the mean of all rows would tell about others.
Result<double> sample_mean(const Visible& visible, const RowScorer& scorer, std::int64_t rows) {
  const std::size_t sampled = scorer.column().declared.many ? kSampledRows / 8 : kSampledRows;
  const std::size_t step = 1 + static_cast<std::size_t>(rows) / sampled;
  std::size_t seen = 0;
  std::vector<std::int64_t> chosen;
  for (std::size_t i = 0; i < visible.words(); ++i) {
    const std::uint64_t bits = visible.word(i);
    const auto here = static_cast<std::size_t>(std::popcount(bits));
    if (seen / step != (seen + here) / step) {  // one row of this word is taken
      const auto row = static_cast<std::int64_t>(i * 64) + std::countr_zero(bits);
      if (scorer.column().has_vector(row)) chosen.push_back(row);
    }
    seen += here;
  }
  MP_TRY(need_rows(*visible.segment, scorer.column(), chosen));
  double sum = 0;
  for (const std::int64_t row : chosen) {
    float score = 0;
    scorer.score(row, 1, &score);
    sum += score;
  }
  return chosen.empty() ? 0 : sum / static_cast<double>(chosen.size());
}

std::int64_t count_visible(const Visible& visible) {
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < visible.words(); ++i) rows += std::popcount(visible.word(i));
  return rows;
}

// The mean of all visible rows of a segment, without comparing them all.
Result<Sums> estimated_sums(const Visible& visible, const RowScorer& scorer) {
  const VectorColumnView& column = scorer.column();
  // The mean of inner products is the inner product with the mean.
  const bool whole = visible.everything() && column.index && !column.declared.many && column.declared.prefix == 0 &&
                     column.kept_metric() == Metric::kInnerProduct;
  Sums sums;
  sums.count = whole ? column.index->indexed() : count_visible(visible);
  if (sums.count == 0) return sums;
  double mean = 0;
  if (whole) {
    mean = column.index->mean_product(scorer.parts()[0]);
  } else {
    MP_ASSIGN(mean, sample_mean(visible, scorer, sums.count));
  }
  sums.sum = mean * static_cast<double>(sums.count);
  return sums;
}

Status ask_index(const Visible& visible, std::uint32_t number, const RowScorer& scorer, std::size_t limit,
                 double recall, Top& top, VectorPlan& plan) {
  if (scorer.column().declared.many) return best_of_many(scorer, visible, number, limit, recall, top, plan);
  const VectorIndex& index = *scorer.column().index;
  VectorSearch search;
  search.limit = static_cast<int>(std::min<std::size_t>(limit, 1U << 30));
  search.recall = recall;
  std::vector<std::uint64_t> bits;
  plan.visible = index.indexed();
  if (!visible.everything()) {
    bits.resize(visible.words());
    plan.visible = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      bits[i] = visible.word(i);
      plan.visible += std::popcount(bits[i]);
    }
    if (plan.visible == 0) return {};
    search.visible = bits;
  }
  search.before_rerank = [&](std::span<const std::uint32_t> rows) {
    return visible.segment->need_vectors(scorer.column(), rows);
  };
  VectorWork work;
  MP_ASSIGN(const std::vector<VectorHit> hits, index.search(scorer.parts()[0], search, &work));
  for (const VectorHit& hit : hits) top.push({hit.score, number, hit.row});
  plan.kind = work.exhaustive ? VectorPlan::kMatches : VectorPlan::kClusters;
  plan.scanned = work.scanned;
  plan.compared = work.compared;
  plan.reranked = work.reranked;
  plan.clusters = work.probes;
  return {};
}

std::vector<std::optional<RowScorer>> scorers_of(std::span<const Visible> segments, const VectorAsked& asked) {
  std::vector<std::optional<RowScorer>> scorers(segments.size());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const VectorColumnView* column = segments[s].segment->find_vectors(asked.column);
    if (column != nullptr && column->dimensions > 0) scorers[s].emplace(*column, asked.query);
  }
  return scorers;
}

}  // namespace

Result<VectorBest> best_by_vector(std::span<const Visible> segments, std::span<const Visible> sought,
                                  const VectorAsked& asked, std::size_t limit, double recall, int threads) {
  const std::vector<std::optional<RowScorer>> scorers = scorers_of(segments, asked);
  VectorBest best;
  best.plans.resize(segments.size());
  std::vector<Task> tasks;
  std::size_t size = 0;
  std::vector<bool> counted(sought.size(), false);  // by comparing every row, so that nothing is to be estimated
  for (std::uint32_t s = 0; s < sought.size(); ++s) {
    const std::size_t rows = scorers[s] && !sought[s].nothing ? sought[s].segment->lengths.size() : 0;
    if (rows == 0) continue;
    const VectorColumnView& column = scorers[s]->column();
    counted[s] = sought[s].where == nullptr && (!column.index || recall >= 1);
    MP_TRY(sought[s].segment->need(column.index && recall < 1 ? column.index_bytes : column.vectors));
    if (column.index && recall < 1) {
      tasks.push_back({s, 0, rows, true});
      size += kThreadBytesMin / 4;
      continue;
    }
    size += column.vectors.size();
    best.plans[s].kind = VectorPlan::kExact;
    for (std::size_t row = 0; row < rows; row += kRowsInTask)
      tasks.push_back({s, row, std::min(rows, row + kRowsInTask), false});
  }
  const std::size_t useful = std::min(size / kThreadBytesMin + 1, tasks.size());
  const std::size_t workers = std::max<std::size_t>(1, std::min<std::size_t>(useful, threads < 1 ? 1 : threads));
  std::vector<Top> tops(workers, Top(limit));
  std::vector<Sums> sums(tasks.size());
  std::vector<Status> statuses(tasks.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t worker) {
    for (std::size_t i = next++; i < tasks.size(); i = next++) {
      const Visible& visible = sought[tasks[i].segment];
      if (tasks[i].indexed) {
        statuses[i] = ask_index(visible, tasks[i].segment, *scorers[tasks[i].segment], limit, recall, tops[worker],
                                best.plans[tasks[i].segment]);
      } else {
        sums[i] = compare(visible, tasks[i], *scorers[tasks[i].segment], tops[worker]);
      }
    }
  };
  std::vector<std::thread> running;
  for (std::size_t worker = 1; worker < workers; ++worker) running.emplace_back(work, worker);
  work(0);
  for (std::thread& thread : running) thread.join();

  for (std::size_t worker = 1; worker < workers; ++worker) tops[0].merge(tops[worker]);
  best.rows = tops[0].take();
  Sums all;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    MP_TRY(std::move(statuses[i]));
    if (!tasks[i].indexed) best.plans[tasks[i].segment].visible += sums[i].count;
    if (!counted[tasks[i].segment]) continue;
    all.count += sums[i].count;
    all.sum += sums[i].sum;
  }
  for (std::size_t s = 0; s < segments.size(); ++s) {
    if (counted[s] || !scorers[s] || segments[s].nothing) continue;
    MP_ASSIGN(const Sums estimated, estimated_sums(segments[s], *scorers[s]));
    all.count += estimated.count;
    all.sum += estimated.sum;
  }
  if (all.count > 0) best.mean = all.sum / static_cast<double>(all.count);
  return best;
}

Status score_by_vector(std::span<const Visible> segments, const VectorAsked& asked, std::span<Scored> rows) {
  const std::vector<std::optional<RowScorer>> scorers = scorers_of(segments, asked);
  for (std::size_t s = 0; s < segments.size(); ++s) {
    if (!scorers[s] || segments[s].segment->object == nullptr) continue;
    std::vector<std::int64_t> here;
    for (const Scored& scored : rows) {
      if (scored.segment == s) here.push_back(scored.row);
    }
    MP_TRY(need_rows(*segments[s].segment, scorers[s]->column(), here));
  }
  for (Scored& scored : rows) {
    scored.score = 0;
    const auto& scorer = scorers[scored.segment];
    if (!scorer || !scorer->column().has_vector(scored.row)) continue;
    float score = 0;
    scorer->score(scored.row, 1, &score);
    scored.score = score;
  }
  return {};
}

Status need_rows(const SegmentView& segment, const VectorColumnView& column, std::span<const std::int64_t> rows) {
  if (segment.object == nullptr) return {};
  std::vector<std::uint32_t> numbers;
  for (const std::int64_t row : rows) {
    if (!column.has_vector(row)) continue;
    const auto first = column.declared.many ? column.begin(row) : static_cast<std::uint32_t>(row);
    const auto end = column.declared.many ? column.end(row) : first + 1;
    for (std::uint32_t number = first; number < end; ++number) numbers.push_back(number);
  }
  return segment.need_vectors(column, numbers);
}

}  // namespace millpond::index
