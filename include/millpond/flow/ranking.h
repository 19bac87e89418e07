#pragma once
// How the hits of an index are put in order, as `ranking:` of pond.yaml says.

#include <string>

namespace millpond::flow {

struct RankingSpec {
  double vector = 0.5;     ///< share of the search by meaning where it and the search by words both work, 0 to 1
  double feedback = 0.45;  ///< weight of likeness to what is found first, beside the 1 of both; 0: none
  /// What reads the first hits again: nothing if empty, the folder of a cross-encoder (millpond/model/reranker.h), or,
  /// with `rerank_url`, the name that the service has for its model.
  std::string rerank;
  std::string rerank_url, rerank_key_env;
  int rerank_top = 50;  ///< so many hits are read again
};

}  // namespace millpond::flow
