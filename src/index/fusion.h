#pragma once
// Makes one order of the words leg and the vector leg, and notices when one of them is lost (docs/search.md).

#include <vector>

#include "index/top.h"
#include "millpond/index/search.h"

namespace millpond::index {

/// What both legs say about their candidates, and what is normal for them.
struct FusionInput {
  std::vector<Hit> candidates;  ///< segment, row, `words` and `vector` with score and rank; every score is filled in
  double vector_mean = 0;       ///< of the inner products of all rows: what a row scores that has nothing to do with it
  double words_known = 1;       ///< 0..1: share of the query's words, by weight, that occur in any row
  double vector_share = 0.5;    ///< of the weight, where both legs work
};

struct FusionWeights {
  double words = 0, vector = 0;  ///< add up to 1
  double agreement = 0;          ///< 0..1: how far both legs work on this query
};

/// Share of the words, by weight, that occur in some of `rows` rows; 1 if there are none.
double words_known(const std::vector<QueryTerm>& terms, std::int64_t rows);

/// Sets `score` of every candidate, to 0..1. Pure.
FusionWeights fuse(FusionInput& input);

}  // namespace millpond::index
