#pragma once
// What the folds share that take repeats out of texts.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "curate/repeats/repeat_finder.h"
#include "millpond/fold.h"

namespace millpond::curate {

using MakeFinder = std::function<std::unique_ptr<RepeatFinder>(const std::string& spill_dir, MemoryBudget& budget)>;

/// The columns that say what was taken out: `repeated_bytes`, and `repeats` with where and why.
Schema repeats_added();

/// The options of such a fold: its own, then `drop` and `name`.
std::vector<Option> with_repeat_options(std::vector<Option> options);

/// Cuts what the finder finds out of the column `text`, at whole characters; a row of which nothing is left goes.
/// Shape: 16 bytes of memory a row besides the finder's.
std::unique_ptr<Survey> cut_repeats(const Options& options, const std::string& spill_dir, MakeFinder make);

}  // namespace millpond::curate
