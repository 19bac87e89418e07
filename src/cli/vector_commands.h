#pragma once
// The commands that take vectors.

#include "cli/command.h"

namespace millpond::cli {

extern const CommandDef kNearest;

}  // namespace millpond::cli
