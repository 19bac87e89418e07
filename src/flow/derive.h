#pragma once
// Brings one derived table up to date.

#include "millpond/flow/build.h"

namespace millpond::flow {

/// Errors: what a step or the pond returned; what was committed before stays, and the next build goes on from there.
Status derive(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options, const std::string& run,
              TableReport& report, Context& context);

}  // namespace millpond::flow
