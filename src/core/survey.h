#pragma once
// Folds that see every row twice.

#include <memory>
#include <string>

#include "millpond/fold.h"

namespace millpond {

/// Runs `def.survey` over a stream: rows wait in memory while the budget lends it, then in a file in `spill_dir`.
/// Errors: those of the survey, with the fold's name, and of the disk. Threads: one.
Result<std::unique_ptr<Stream>> run_survey(std::unique_ptr<Stream> input, const FoldDef& def, const Options& options,
                                           const std::string& spill_dir, Context& context);

}  // namespace millpond
