#pragma once
// Makes one order of the words leg and the vector leg, and notices when one of them is lost.

#include <vector>

#include "index/top.h"
#include "millpond/index/search.h"

namespace millpond::index {

/// What both legs say about their candidates, and what is normal for them.
struct FusionInput {
  std::vector<Hit> candidates;  ///< segment, row, `words` and `vector` with score and rank; every score is filled in
  std::int64_t rows = 0;        ///< compared
  double vector_mean = 0, vector_deviation = 0;  ///< of the inner products of all rows
  double words_possible = 0;  ///< the words score of a text that holds every word of the query, often
};

struct FusionWeights {
  double words = 0, vector = 0;  ///< add up to 1
};

/// Sets `score` of every candidate and sorts them. Pure.
FusionWeights fuse(FusionInput& input);

}  // namespace millpond::index
