#pragma once
// Repairs what `check` finds.

#include <string>
#include <vector>

#include "millpond/pond/check.h"
#include "pond/state.h"

namespace millpond::pond {

/// Lets the catalog name the newest metadata file that can be read, none newer than the one that it names.
Status restore_pointer(PondState& pond, Problem& problem);

/// Marks in `problems` what was repaired. Errors: of the commit that repairs.
Status repair_table(const std::shared_ptr<PondState>& pond, const std::string& table, const CheckOptions& options,
                    std::vector<Problem>& problems, bool& build_needed, Context& context);

}  // namespace millpond::pond
