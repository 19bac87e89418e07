#pragma once
// The properties that a flow gives its tables.

#include "millpond/context.h"
#include "millpond/flow/flow.h"
#include "millpond/pond/pond.h"

namespace millpond::flow {

/// Makes the table if it is not there and the flow gives it properties, or sets those that differ. Properties that the
/// flow does not name stay as they are. Errors: kInvalidArgument, for a format version below the table's.
Status apply_properties(pond::Pond& pond, const PlannedTable& planned, Context& context);

}  // namespace millpond::flow
