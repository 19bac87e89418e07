#pragma once
// Labels that are probably wrong, by confident learning.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "millpond/curate/classifier.h"

namespace millpond::curate {

struct LabelIssue {
  std::int64_t row = 0;
  std::int32_t given = 0, suggested = 0;  ///< positions in the labels
  float given_probability = 0, suggested_probability = 0;
};

/// Rows where a model that has not seen them is confident of another label than theirs: its probability reaches the
/// mean that the label has among its own rows. The least probable given label first.
///
/// Source: Northcutt, Jiang, Chuang 2021, the off-diagonal of the confident joint; the rows that cleanlab's
///         find_label_issues(filter_by="confident_learning") names.
/// `probabilities`: `labels` for each row, out of sample.
std::vector<LabelIssue> find_label_issues(std::span<const std::int32_t> given, std::span<const float> probabilities,
                                          std::size_t labels);

struct CrossValidated {
  std::vector<std::string> labels;   ///< sorted
  std::vector<std::int32_t> given;   ///< positions in `labels`
  std::vector<float> probabilities;  ///< labels.size() a text, by a model that has not seen it
};

/// Trains `folds` models, each without one part of the texts, which it then judges. Equal texts are in one part. Not
/// calibrated. Errors: those of `train_classifier`.
Result<CrossValidated> cross_validate(std::span<const LabelledText> texts, const TrainOptions& options, int folds,
                                      Context& context);

}  // namespace millpond::curate
