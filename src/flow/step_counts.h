#pragma once
// What steps counted by kind: the columns of type map<utf8, int64> that they add, summed over rows.

#include <cstdint>
#include <functional>
#include <vector>

#include "millpond/chain.h"
#include "millpond/flow/trial.h"

namespace millpond::flow {

/// Adds the counts of a step in those rows for which `counts` says so. `rows` is what the step made. The first call for
/// a step appends an entry for each such column; `next` is the place of the step's first one, and moves behind its
/// last.
void add_step_counts(const std::string& table, const Step& step, const Batch& rows,
                     const std::function<bool(std::int64_t row)>& counts, std::vector<StepCounts>& all,
                     std::size_t& next);

/// Adds what other rows counted in the same steps.
void merge_step_counts(const std::vector<StepCounts>& more, std::vector<StepCounts>& all);

}  // namespace millpond::flow
