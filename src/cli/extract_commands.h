#pragma once
// The commands about files and what is read from them.

#include "cli/command.h"

namespace millpond::cli {

extern const CommandDef kFormats, kEval;

}  // namespace millpond::cli
