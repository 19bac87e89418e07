#pragma once
// Exact vector scores of rows: of one vector each, or of several.

#include <span>
#include <vector>

#include "index/segment_format.h"
#include "index/vector_query.h"

namespace millpond::index {

/// The numbers of a vector, as they are kept; of bits, 1 and −1. `number`: of the vector, as in `VectorColumnView`.
std::vector<float> numbers_of(const VectorColumnView& column, std::int64_t number);

/// A query against one column of one segment. The query is one vector, or several one after the other.
/// Threads: immutable.
class RowScorer {
 public:
  RowScorer(const VectorColumnView& column, std::span<const float> query);

  /// scores[i] of row `first` + i; anything for rows without a vector. Several vectors a row: for each vector of the
  /// query the best of the row's inner products, added up.
  void score(std::int64_t first, std::size_t rows, float* scores) const;
  /// The vectors of the query, each as it is compared: of unit length for the cosine.
  const std::vector<std::vector<float>>& parts() const { return parts_; }
  const VectorColumnView& column() const { return column_; }

 private:
  float best_sum(std::int64_t row) const;

  const VectorColumnView& column_;
  std::vector<std::vector<float>> parts_;
  std::vector<VectorQuery> queries_;  // of `parts_`
};

}  // namespace millpond::index
