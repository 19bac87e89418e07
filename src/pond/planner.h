#pragma once
// Plans as manifest entries, for those who hand on more than rows.

#include "millpond/context.h"
#include "pond/filter_bounds.h"
#include "pond/live_files.h"

namespace millpond::pond {

/// The data files that a filter leaves, in the order of their commits, and all live delete files of the snapshot.
Result<LiveEntries> plan_entries(PondState& pond, const TableMetadata& table, const BoundFilter& filter,
                                 const Snapshot& snapshot, int threads, Context& context);

}  // namespace millpond::pond
