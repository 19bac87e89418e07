#pragma once
// What a person should know of a model before using it.

#include <span>
#include <string>

#include "millpond/curate/classifier.h"

namespace millpond::curate {

/// Markdown. The same report gives the same text: no date, no machine.
std::string model_card(std::span<const std::string> labels, const TrainOptions& options, const TrainReport& report);

}  // namespace millpond::curate
