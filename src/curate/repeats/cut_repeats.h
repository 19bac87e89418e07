#pragma once
// What the folds share that take repeats out of texts.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "curate/repeats/repeat_cutter.h"
#include "millpond/fold.h"

namespace millpond::curate {

using MakeFinder = std::function<std::unique_ptr<RepeatFinder>(const std::string& spill_dir, MemoryBudget& budget)>;

/// Cuts what the finder finds out of the column `text`, at whole characters; a row of which nothing is left goes.
/// Shape: 16 bytes of memory a row besides the finder's.
std::unique_ptr<Survey> cut_repeats(const Options& options, const std::string& spill_dir, MakeFinder make);

}  // namespace millpond::curate
