#pragma once
// Tables that a query makes.

#include "millpond/flow/build.h"

namespace millpond::flow {

/// Brings a table with a query up to date.
///
/// A row-wise query runs over the rows of its table that are new, and rows whose parents are gone are deleted. Any
/// other query is computed anew whenever a row of one of its tables came or went, in one commit that replaces all.
/// Shape:   `_row`, `_parent` (row-wise only), the query's columns. Where a row has no single parent, `_row` follows
/// its
///          values, so that a table downstream takes an equal row for the same.
/// Errors:  those of the query and the pond; what was committed before stays.
Status derive_by_query(pond::Pond& pond, const PlannedTable& planned, const BuildOptions& options,
                       const std::string& run, TableReport& report, Context& context);

}  // namespace millpond::flow
