#pragma once
// What the actions of `millpond classify` share.

#include <cstdint>
#include <string>
#include <vector>

#include "cli/labelled_rows.h"
#include "millpond/options.h"

namespace millpond::cli {

struct ScoredRows {
  std::vector<std::string> labels;
  std::vector<std::int32_t> truth;   ///< positions in `labels`
  std::vector<float> probabilities;  ///< labels.size() for each row
};

/// Errors: kInvalidArgument for a label that the model does not have.
Result<ScoredRows> score_rows(const LabelledRows& rows, const std::string& model, Shell& shell);

/// Outliers, near-duplicates and the order of rows, by their vectors.
Status classify_vectors(const Options& options, Shell& shell);

}  // namespace millpond::cli
