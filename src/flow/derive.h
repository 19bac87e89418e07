#pragma once
// Brings one derived table up to date.

#include "flow/change.h"
#include "millpond/flow/build.h"

namespace millpond::flow {

class TableWriter;

/// Makes room for new columns before rows are written; columns that are not wanted any more go with the final commit,
/// so that readers of the old rows are not disturbed meanwhile.
Result<pond::Table> widen(pond::Pond& pond, pond::Table table, const PlannedTable& planned, Context& context);

/// Takes the children of rows that are gone out of the writer's table, at its next commit.
Status delete_children(const RowIdSet& removed, TableWriter& writer, TableReport& report, Context& context);

/// Errors: what a step or the pond returned; what was committed before stays, and the next build goes on from there.
Status derive(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options, const std::string& run,
              TableReport& report, Context& context);

}  // namespace millpond::flow
