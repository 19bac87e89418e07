#pragma once
// The rows whose vectors have the largest inner product with the query: exact, every visible row is compared.

#include <span>
#include <vector>

#include "index/top.h"
#include "index/visible.h"

namespace millpond::index {

struct VectorBest {
  std::vector<Scored> rows;  // best first
  std::int64_t compared = 0;
  double mean = 0;  // of all compared scores: what a row scores that has nothing to do with the query
};

/// Threads: makes up to `threads` of its own when there is enough to compare; the outcome does not depend on them.
VectorBest best_by_vector(std::span<const Visible> segments, std::span<const float> query, std::size_t limit,
                          int threads);

/// Sets the scores of given rows; 0 for rows without a vector.
void score_by_vector(std::span<const Visible> segments, std::span<const float> query, std::span<Scored> rows);

}  // namespace millpond::index
