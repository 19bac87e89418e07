#pragma once
// Puts hits in the order of a model that reads the question together with each of them.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "millpond/context.h"
#include "millpond/flow/ranking.h"
#include "millpond/index/search.h"
#include "millpond/model/reranker.h"

namespace millpond::ask {

/// What a reranker said of a hit.
struct Reread {
  double score = 0;    ///< on the reranker's scale
  int found_rank = 0;  ///< from 1, before
};
using RereadHits = std::map<std::pair<int, std::int64_t>, Reread>;  ///< by segment and row

/// What is to read hits again, by what a search asks for ("": as the index says, "none", or a folder); no model: none.
model::RerankerOptions reranker_for(const flow::RankingSpec& ranking, const std::string& asked);

/// Sorts the first `top` hits by the reranker's scores; `score` becomes 0..1: the reranker's own if they are, otherwise
/// their logistic. The others stay behind them in their order, with no better score.
/// Errors: those of the model.
Result<RereadHits> rerank(const index::Searcher& searcher, const std::string& question, model::Reranker& reranker,
                          std::size_t top, std::vector<index::Hit>& hits, Context& context);

}  // namespace millpond::ask
