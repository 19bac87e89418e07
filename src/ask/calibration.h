#pragma once
// From what was found to how likely it holds an answer.

#include <cmath>

#include "millpond/ask/answer.h"

namespace millpond::ask {

/// A logistic curve over the evidence, fitted to half of the questions of XQuAD, each asked of the half of the articles
/// that answers it and of the other half (bench_eval_answers). On the other half of the questions it is right in 96 %.
inline double probability_of(const Evidence& evidence) {
  const double words = evidence.coverage, near = evidence.near;
  const double x = evidence.by_vector
                       ? -8.10 + 4.05 * words + 4.27 * near + 7.06 * evidence.similarity + 1.69 * evidence.names
                       : -6.95 + 5.37 * words + 5.50 * near + 2.07 * evidence.names;
  return 1 / (1 + std::exp(-x));
}

}  // namespace millpond::ask
