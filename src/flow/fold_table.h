#pragma once
// Tables whose rows need other rows: deduplicated, aggregated.

#include "millpond/flow/build.h"

namespace millpond::flow {

/// Makes a table with a `fold` anew whenever a row of its upstream came or went, or the flow changed: all upstream rows
/// through the steps, then the fold, then one commit that replaces every row and holds the cursor.
///
/// Shape:   `_parent` is the first row behind a result; `_row` is made of that row and of what the fold added to it, so
///          that a table downstream sees a row whose columns changed as another row.
/// Cost:    costly steps compute what is not in the table: also the rows that the fold dropped the last time.
/// Errors:  what a step, the fold or the pond returned; then the table is as it was.
Status derive_folded(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options, const std::string& run,
                     TableReport& report, Context& context);

/// The table as it is before the fold.
PlannedTable without_fold(const PlannedTable& planned);

/// Rows that the fold gave, with ids that follow what it added: equal ids mean equal rows to the tables downstream.
Result<Batch> with_new_ids(const Batch& rows, const PlannedTable& planned);

/// Why a row that went into a fold is not among its results, as a build counts it.
std::string fold_drop(const FoldDef& fold);

}  // namespace millpond::flow
