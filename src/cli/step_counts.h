#pragma once
// What steps counted by kind, as `curate --dry-run` and `why` show it.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/shell.h"
#include "millpond/flow/trial.h"

namespace millpond::cli {

/// "3 email, 1 phone", the most frequent first.
std::string kinds_in_words(const flow::StepCounts& counts);
nlohmann::ordered_json counts_json(const std::vector<flow::StepCounts>& all);
/// A table of the steps that counted; nothing if none did.
void show_step_counts(const std::vector<flow::StepCounts>& all, Shell& shell);

}  // namespace millpond::cli
