#pragma once
// What the folds share that keep one row of each key.

#include <functional>
#include <memory>
#include <vector>

#include "curate/keep_rule.h"
#include "millpond/fold.h"

namespace millpond::curate {

using KeyIds = std::function<Result<std::vector<RowId>>(const Batch&)>;

/// Keeps of rows with equal ids the one that the rule says, of equally good ones the first, and counts the others in a
/// column `duplicates` (int32).
std::unique_ptr<Fold> keep_one(KeyIds ids, KeepRule rule);

}  // namespace millpond::curate
