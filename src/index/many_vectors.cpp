#include "index/many_vectors.h"

#include <algorithm>
#include <unordered_map>

#include "index/vector_leg.h"

namespace millpond::index {
namespace {

// Of each vector of the query: how many near vectors are looked for. Of the rows that have them: how many are compared.
constexpr std::size_t kNearMin = 256, kNearTimes = 8;
constexpr std::size_t kComparedMin = 128, kComparedTimes = 8;

struct Known {
  float gained = 0;         // above what a row gains at least for each vector of the query
  std::uint32_t asked = 0;  // the last vector of the query that counted, plus one
};

std::vector<std::uint64_t> visible_vectors(const VectorColumnView& column, const Visible& visible, VectorPlan& plan) {
  std::vector<std::uint64_t> bits((static_cast<std::size_t>(column.count()) + 63) / 64);
  for_each_visible(visible, [&](std::uint32_t row) {
    ++plan.visible;
    for (std::uint32_t at = column.begin(row); at < column.end(row); ++at) bits[at / 64] |= std::uint64_t{1} << at % 64;
  });
  return bits;
}

}  // namespace

Status best_of_many(const RowScorer& scorer, const Visible& visible, std::uint32_t number, std::size_t limit,
                    double recall, Top& top, VectorPlan& plan) {
  const VectorColumnView& column = scorer.column();
  VectorSearch search;
  search.limit = static_cast<int>(std::min<std::size_t>(std::max(kNearMin, kNearTimes * limit), 1U << 30));
  search.recall = recall;
  search.before_rerank = [&](std::span<const std::uint32_t> numbers) {
    return visible.segment->need_vectors(column, numbers);
  };
  std::vector<std::uint64_t> bits;
  plan.visible = column.rows;
  if (!visible.everything()) {
    plan.visible = 0;
    bits = visible_vectors(column, visible, plan);
    if (plan.visible == 0) return {};
    search.visible = bits;
  }
  plan.kind = VectorPlan::kClusters;
  std::unordered_map<std::uint32_t, Known> rows;
  for (std::uint32_t i = 0; i < scorer.parts().size(); ++i) {
    VectorWork work;
    MP_ASSIGN(const std::vector<VectorHit> near, column.index->search(scorer.parts()[i], search, &work));
    plan.scanned += work.scanned;
    plan.compared += work.compared;
    plan.reranked += work.reranked;
    plan.clusters += work.probes;
    if (work.exhaustive) plan.kind = VectorPlan::kMatches;
    for (const VectorHit& hit : near) {  // the best first, so that the first of a row is its best
      const auto row = static_cast<std::uint32_t>(std::upper_bound(column.ends.begin(), column.ends.end(), hit.row) -
                                                  column.ends.begin());
      Known& known = rows[row];
      if (known.asked == i + 1) continue;
      known.asked = i + 1;
      known.gained += hit.score - near.back().score;
    }
  }
  std::vector<std::pair<float, std::uint32_t>> order;
  order.reserve(rows.size());
  for (const auto& [row, known] : rows) order.emplace_back(-known.gained, row);
  const std::size_t compared = std::min(order.size(), std::max(kComparedMin, kComparedTimes * limit));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(compared), order.end());
  std::vector<std::int64_t> near_rows;
  for (std::size_t i = 0; i < compared; ++i) near_rows.push_back(order[i].second);
  MP_TRY(need_rows(*visible.segment, column, near_rows));
  for (std::size_t i = 0; i < compared; ++i) {
    float score = 0;
    scorer.score(order[i].second, 1, &score);
    if (score >= top.threshold()) top.push({score, number, order[i].second});
  }
  plan.reranked += static_cast<std::int64_t>(compared);
  return {};
}

}  // namespace millpond::index
