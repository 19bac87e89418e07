#include "index/feedback.h"

#include <algorithm>

#include "index/row_scorer.h"
#include "index/vector_leg.h"

namespace millpond::index {
namespace {

constexpr std::size_t kFirst = 5;  // rows that speak for the question

bool comparable(const VectorColumnView& column) {
  const VectorColumn& declared = column.declared;
  return column.dimensions > 0 && !declared.many && column.kept_metric() == Metric::kInnerProduct &&
         (declared.type == VectorType::kF32 || declared.type == VectorType::kF16 || declared.type == VectorType::kI8);
}

}  // namespace

double feedback_trust(std::span<const double> best) {
  if (best.empty() || best[0] <= 0) return 0;
  const double next = best[std::min(kFirst, best.size() - 1)];
  return std::clamp(next / best[0], 0.0, 1.0);
}

double lift(std::vector<Hit>& candidates, const std::vector<double>& likeness, double weight) {
  std::vector<double> sorted = likeness;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  const double middle = sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  const double range = sorted.back() - middle;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    Hit& hit = candidates[i];
    hit.feedback = range > 0 ? std::max(0.0, likeness[i] - middle) / range : 0;
    hit.score = (hit.score + weight * hit.feedback) / (1 + weight);
  }
  return weight / (1 + weight);
}

double add_feedback(std::span<const Visible> segments, std::string_view column, double weight,
                    std::vector<Hit>& candidates) {
  if (weight <= 0 || candidates.size() < 2) return 0;
  std::vector<std::size_t> order(candidates.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::size_t looked = std::min(kFirst + 1, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(looked), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return candidates[a].score != candidates[b].score ? candidates[a].score > candidates[b].score
                                                                        : a < b;
                    });
  std::vector<double> best;
  for (std::size_t i = 0; i < looked; ++i) best.push_back(candidates[order[i]].score);
  weight *= feedback_trust(best);
  if (weight <= 0) return 0;
  std::vector<float> centre;
  for (std::size_t i = 0; i < std::min(kFirst, looked); ++i) {
    const Hit& hit = candidates[order[i]];
    const auto* vectors = segments[static_cast<std::size_t>(hit.segment)].segment->find_vectors(column);
    if (vectors == nullptr || !comparable(*vectors) || !vectors->has_vector(hit.row)) continue;
    const std::int64_t row = hit.row;
    if (!need_rows(*segments[static_cast<std::size_t>(hit.segment)].segment, *vectors, std::span(&row, 1)).ok())
      continue;
    const std::vector<float> numbers = numbers_of(*vectors, hit.row);
    centre.resize(numbers.size());
    for (std::size_t k = 0; k < numbers.size(); ++k)
      centre[k] += static_cast<float>(hit.score * hit.score) * numbers[k];
  }
  if (centre.empty()) return 0;
  std::vector<Scored> rows;
  for (const Hit& hit : candidates)
    rows.push_back({0, static_cast<std::uint32_t>(hit.segment), static_cast<std::uint32_t>(hit.row)});
  if (!score_by_vector(segments, {column, centre}, rows).ok()) return 0;
  std::vector<double> likeness;
  for (const Scored& row : rows) likeness.push_back(row.score);
  return lift(candidates, likeness, weight);
}

}  // namespace millpond::index
