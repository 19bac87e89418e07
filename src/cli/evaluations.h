#pragma once
// What `millpond eval` measures, beside chunkers.

#include "cli/command.h"

namespace millpond::cli {

/// The arguments are `material` (queries) and `judged` (relevant documents), both files.
Status evaluate_retrieval(const Arguments& arguments, Shell& shell);

}  // namespace millpond::cli
