#pragma once
// The commands about what curation keeps and drops.

#include "cli/command.h"

namespace millpond::cli {

extern const CommandDef kCurate, kWhy, kDatasheet, kClassify, kPerplexity;

}  // namespace millpond::cli
