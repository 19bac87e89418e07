#pragma once
// Brings the `sources` table up to date with what the sources list.

#include <string>
#include <vector>

#include "millpond/flow/build.h"

namespace millpond::flow {

/// Compares the listing of each source with the table by its stamp (size and modification time), and identifies only
/// rows that are new or have another stamp. A source that cannot be listed keeps its rows and gives a warning. One
/// commit; kConflict if another process changed the table meanwhile.
Status update_sources(pond::Pond& pond, const Flow& flow, const std::string& run, TableReport& report,
                      std::vector<std::string>& warnings, Context& context);

}  // namespace millpond::flow
