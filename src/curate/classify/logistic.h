#pragma once
// Multinomial logistic regression.

#include <cstdint>
#include <span>
#include <vector>

#include "millpond/context.h"
#include "millpond/status.h"

namespace millpond::curate {

/// Weights of `labels` rows, each of `width` columns and an offset.
struct LogisticModel {
  std::size_t width = 0, labels = 0;
  std::vector<double> weights;  ///< labels × (width + 1); the offset last
  /// Writes the probability of each label.
  void probabilities(const float* x, float* out) const;
};

/// Minimises the log loss plus |weights|² / (2·inverse_penalty), offsets free: scikit-learn's LogisticRegression.
/// L-BFGS in double, on one thread: the same input gives the same bits. Errors: kCancelled.
Result<LogisticModel> fit_logistic(std::span<const float> rows, std::size_t width, std::span<const std::int32_t> truth,
                                   std::size_t labels, double inverse_penalty, Context& context);

}  // namespace millpond::curate
