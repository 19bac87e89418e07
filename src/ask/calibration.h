#pragma once
// From what was found to how likely it holds an answer.

#include <cmath>

#include "millpond/ask/answer.h"

namespace millpond::ask {

/// A logistic curve over the evidence.
inline double probability_of(const Evidence& evidence) {
  const double x = -4.0 + 3.0 * evidence.coverage + 3.0 * evidence.near + 4.0 * evidence.similarity;
  return 1 / (1 + std::exp(-x));
}

}  // namespace millpond::ask
