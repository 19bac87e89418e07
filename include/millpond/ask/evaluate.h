#pragma once
// How good a search is, on questions whose answers are known.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "millpond/status.h"

namespace millpond::ask {

/// Questions, and how well documents answer them. Source: the form of BEIR's data sets.
struct JudgedSet {
  struct Question {
    std::string id, text;
    std::map<std::string, int> grades;  ///< document → grade; above 0: relevant
  };
  std::vector<Question> questions;  ///< that have a relevant document, in the order of the file
  std::int64_t judgements = 0;
};

/// `queries`: JSON lines with `_id` and `text`. `qrels`: query, document and grade, by tabs, perhaps under a header.
/// Errors: kNotFound; kInvalidArgument with the line.
Result<JudgedSet> read_judged(const std::string& queries, const std::string& qrels);

/// Of one question. All are 0..1.
struct QuestionScores {
  double ndcg = 0;    ///< at k; gain is the grade, discount log2(rank + 1), as trec_eval computes it
  double recall = 0;  ///< share of the relevant documents among the ranked ones
  double mrr = 0;     ///< 1 / rank of the first relevant document up to k
};
/// `ranked` holds each document once, best first.
QuestionScores score_ranking(std::span<const std::string> ranked, const std::map<std::string, int>& grades, int k);

/// A mean with the range in which 95 % of the means of resampled questions lie.
struct Estimate {
  double mean = 0, low = 0, high = 0;
};
/// The same values give the same estimate. Units: 2,000 resamples.
Estimate bootstrap(std::span<const double> values);

}  // namespace millpond::ask
