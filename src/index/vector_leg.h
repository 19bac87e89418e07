#pragma once
// The rows whose vectors are nearest to the query.

#include <span>
#include <string_view>
#include <vector>

#include "index/top.h"
#include "index/visible.h"

namespace millpond::index {

struct VectorAsked {
  std::string_view column;  // empty: the first
  std::span<const float> query;
};

struct VectorBest {
  std::vector<Scored> rows;  // best first
  double mean = 0;  // of the scores of all visible rows: what a row scores that has nothing to do with the query
  std::vector<VectorPlan> plans;
};

/// Compares every row of `sought`, or asks the segment's vector index for this recall. The mean is that of `segments`,
/// of which `sought` is a part.
/// Threads: makes up to `threads` of its own when there is enough to compare; the outcome does not depend on them.
Result<VectorBest> best_by_vector(std::span<const Visible> segments, std::span<const Visible> sought,
                                  const VectorAsked& asked, std::size_t limit, double recall, int threads);

/// Sets the scores of given rows; 0 for rows without a vector. Errors: of `SegmentView::need`.
Status score_by_vector(std::span<const Visible> segments, const VectorAsked& asked, std::span<Scored> rows);

/// Makes the vectors of these rows be there. Errors: of `SegmentView::need`.
Status need_rows(const SegmentView& segment, const VectorColumnView& column, std::span<const std::int64_t> rows);

}  // namespace millpond::index
