#include "index/row_scorer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "index/vector/vector_layout.h"

namespace millpond::index {

std::vector<float> numbers_of(const VectorColumnView& column, std::int64_t number) {
  std::vector<float> out(static_cast<std::size_t>(column.dimensions));
  const char* at = column.vector(number);
  if (column.declared.type == VectorType::kBit) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (at[i / 8] >> (i % 8) & 1) != 0 ? 1.0F : -1.0F;
    return out;
  }
  VectorRows rows = column.vector_rows();
  rows.prefix = 0;
  load_vector(rows, number, Metric::kInnerProduct, out.size(), out.data());
  return out;
}

RowScorer::RowScorer(const VectorColumnView& column, std::span<const float> query) : column_(column) {
  const auto size = static_cast<std::size_t>(std::max(column.dimensions, 1));
  for (std::size_t at = 0; at + size <= query.size(); at += size) {
    std::vector<float>& part = parts_.emplace_back(query.begin() + static_cast<std::ptrdiff_t>(at),
                                                   query.begin() + static_cast<std::ptrdiff_t>(at + size));
    if (column.declared.metric == Metric::kCosine) make_unit(part);
    queries_.emplace_back(part, column.declared.type, column.kept_metric());
  }
}

void RowScorer::score(std::int64_t first, std::size_t rows, float* scores) const {
  if (!column_.declared.many) return queries_[0].score(column_.vector(first), column_.stride, rows, scores);
  for (std::size_t i = 0; i < rows; ++i) scores[i] = best_sum(first + static_cast<std::int64_t>(i));
}

float RowScorer::best_sum(std::int64_t row) const {
  constexpr std::size_t kTogether = 128;
  std::array<float, kTogether> scores;
  const std::uint32_t begin = column_.begin(row), end = column_.end(row);
  if (begin == end) return 0;
  double sum = 0;
  for (const VectorQuery& query : queries_) {
    float best = -std::numeric_limits<float>::infinity();
    for (std::uint32_t at = begin; at < end; at += kTogether) {
      const std::size_t count = std::min<std::size_t>(kTogether, end - at);
      query.score(column_.vector(at), column_.stride, count, scores.data());
      best = std::max(best, *std::max_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(count)));
    }
    sum += double{best};
  }
  return static_cast<float>(sum);
}

}  // namespace millpond::index
