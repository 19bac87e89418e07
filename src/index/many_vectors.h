#pragma once
// Rows of several vectors each: which rows may be the best, by an index over all their vectors.

#include <cstdint>
#include <vector>

#include "index/row_scorer.h"
#include "index/top.h"
#include "index/visible.h"

namespace millpond::index {

/// Finds the rows near to each vector of the query, adds up what is known of each row, and compares the most promising
/// in full; the column has an index. Pushes them to `top` as rows of segment `number`.
Status best_of_many(const RowScorer& scorer, const Visible& visible, std::uint32_t number, std::size_t limit,
                    double recall, Top& top, VectorPlan& plan);

}  // namespace millpond::index
