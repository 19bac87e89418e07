#pragma once
// The commands that are about the pond as a whole.

#include "cli/command.h"

namespace millpond::cli {

extern const CommandDef kBranch, kTag, kDiff, kMerge, kRollback, kCheck, kRelocate, kBlob, kCherryPick;

}  // namespace millpond::cli
