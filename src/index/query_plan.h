#pragma once
// A query with signs, made ready for the segments of a snapshot: terms to score by, and rows that may be hits.

#include <memory>
#include <span>
#include <vector>

#include "index/visible.h"
#include "millpond/index/analyzer.h"
#include "millpond/index/query_text.h"

namespace millpond::index {

struct QueryPlan {
  std::vector<QueryTerm> terms;               ///< with counts and groups; rows and weights are not known yet
  std::vector<std::shared_ptr<RowSet>> rows;  ///< for each segment those that meet what is required; empty: all
};

/// Prefixes and fuzzy words stand for the 50 terms of the dictionary that the most rows hold; those of one word share a
/// weight, so that a rare misspelling does not count for more than the word. Errors: kDataCorrupt.
Result<QueryPlan> plan_query(std::span<const QueryPart> parts, std::span<const Visible> segments, Analyzer& analyzer);

}  // namespace millpond::index
