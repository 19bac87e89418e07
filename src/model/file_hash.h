#pragma once
// Hashes of large files that seldom change, remembered between processes.

#include <string>
#include <string_view>

#include "millpond/status.h"

namespace millpond::model {

/// XXH3-128 of a file's bytes as 32 hex digits.
///
/// Remembers it under the user's cache folder ($XDG_CACHE_HOME/millpond or ~/.cache/millpond) by path, inode, size,
/// modification and status-change time, so that 90 MB are not read each time; without a cache folder it reads them.
/// Errors: as `os_error` has them.
Result<std::string> file_hash(const std::string& path);

/// XXH3-128 of some text as 32 hex digits.
std::string text_hash(std::string_view text);

/// `file_hash` without remembering.
Result<std::string> read_and_hash(const std::string& path);

}  // namespace millpond::model
