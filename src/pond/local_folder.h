#pragma once
// A place on this machine for a pond that is elsewhere.

#include <string>

#include "millpond/status.h"

namespace millpond::pond {

/// A folder of its own for each pond, made if it is not there: locks, spill and copies of what never changes. That of
/// kind `kCache` may be removed at any time between commands.
/// In XDG_CACHE_HOME, else in ~/.cache, else in the folder for temporary files.
/// What must stay is in XDG_STATE_HOME, else in ~/.local/state.
enum class LocalKind : unsigned char { kCache, kState };
Result<std::string> local_folder_of(const std::string& pond_uri, LocalKind kind = LocalKind::kCache);

}  // namespace millpond::pond
