#pragma once
// Brings one derived table up to date.

#include "millpond/flow/build.h"

namespace millpond::flow {

/// Makes room for new columns before rows are written; columns that are not wanted any more go with the final commit,
/// so that readers of the old rows are not disturbed meanwhile.
Result<pond::Table> widen(pond::Pond& pond, pond::Table table, const PlannedTable& planned, Context& context);

/// Errors: what a step or the pond returned; what was committed before stays, and the next build goes on from there.
Status derive(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options, const std::string& run,
              TableReport& report, Context& context);

}  // namespace millpond::flow
