#include "curate/classify/model_card.h"

#include <cstdio>

namespace millpond::curate {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

std::string model_card(std::span<const std::string> labels, const TrainOptions& options, const TrainReport& report) {
  const Measures& held = report.held_out;
  std::string card = "# A classifier of texts with " + std::to_string(labels.size()) + " labels\n\n";
  card += options.kind == "ngrams"
              ? "Words, up to " + std::to_string(options.word_ngrams) + " in a row, and pieces of words (" +
                    std::to_string(options.chars_min) + " to " + std::to_string(options.chars_max) +
                    " characters); `model.bin` is a fastText file. Trained for " + std::to_string(options.epochs) +
                    " passes with seed " + std::to_string(options.seed) + ".\n"
              : "Logistic regression on embeddings of " + options.embedder.model + ".\n";
  if (!options.source.empty()) card += "\nTexts and labels: " + options.source + ".\n";
  card += "\nHash of what decides its results: `" + report.hash + "`.\n";
  card += "\n## How good it is\n\nMeasured on " + std::to_string(held.rows) + " texts that were held out; trained on " +
          std::to_string(report.trained_on) + ", calibrated (" + options.calibration + ") on " +
          std::to_string(report.calibrated_on) + " others. Equal texts are on the same side.\n\n";
  card += "| | |\n|---|---|\n| accuracy | " + number(held.accuracy) + " |\n| F1, mean of the labels | " +
          number(held.f1_macro) + " |\n| AUC, mean of the labels | " + number(held.auc_macro) + " |\n| log loss | " +
          number(held.log_loss) + " |\n| calibration error (ECE) | " + number(held.calibration_error) + ", " +
          number(report.uncalibrated.calibration_error) + " before calibration |\n\n";
  card += "| label | texts | precision | recall | F1 | AUC |\n|---|---|---|---|---|---|\n";
  for (const LabelMeasures& each : held.labels) {
    card += "| " + each.label + " | " + std::to_string(each.rows) + " | " + number(each.precision) + " | " +
            number(each.recall) + " | " + number(each.f1) + " | " + number(each.auc) + " |\n";
  }
  card +=
      "\n## Limits\n\nThe figures hold for texts like those it was trained on. It has no label for what is none of "
      "these.\n";
  return card;
}

}  // namespace millpond::curate
