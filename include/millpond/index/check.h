#pragma once
// Are the segments of a table what its files say?

#include <vector>

#include "millpond/flow/flow.h"
#include "millpond/pond/check.h"

namespace millpond::index {

/// Opens the segment of every live file of the current snapshot, with the checksums of all its bytes. One that is
/// missing is no damage: a search makes it. `repair`: damaged and missing ones are made again from their data files.
Result<std::vector<pond::Problem>> check_segments(const pond::Pond& pond, const flow::IndexSpec& spec,
                                                  const pond::Table& table, bool repair, Context& context);

}  // namespace millpond::index
