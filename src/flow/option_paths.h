#pragma once
// Paths in the options of a flow's steps.

#include <string>

#include "millpond/chain.h"

namespace millpond::flow {

/// Makes the step's relative paths (a model's folder, benchmarks, kept replies) begin at the folder of the flow's file,
/// so that it does not matter where a program was started. What is not there stays as it is: a model's name.
///
/// Form: "FOLDER/./PATH". Options take only what follows the last "/./" into the fingerprint, so a pond that moved is
/// not built anew.
void root_paths(const std::string& flow_file, StepSpec& step);

}  // namespace millpond::flow
