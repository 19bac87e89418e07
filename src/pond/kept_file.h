#pragma once
// Small files that never change, kept on this machine once they were read from an object store.

#include <string>

#include "millpond/status.h"

namespace millpond::pond {

/// Reads a metadata file or a manifest. Of an object, a copy stays in `folder` for the next process; the copies take
/// 256 MB at most, those used last stay. A local file is just read.
Result<std::string> read_kept(const std::string& folder, const std::string& path);

}  // namespace millpond::pond
