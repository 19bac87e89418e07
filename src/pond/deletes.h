#pragma once
// Position delete files: which rows of which data files are gone.
//
// Source: Iceberg spec, "Position Delete Files".

#include <map>
#include <string>

#include "millpond/pond/data_file.h"
#include "millpond/status.h"
#include "pond/manifest.h"
#include "pond/state.h"

namespace millpond::pond {

inline constexpr std::int32_t kDeletePathId = 2147483546;
inline constexpr std::int32_t kDeletePositionId = 2147483545;

/// Errors: kDataCorrupt with the path.
Result<DeletesByFile> read_delete_file(const std::string& path);

/// Writes one delete file, sorted by path and position. `path` is where; the entry's file path is `uri`.
Result<ManifestEntry> write_delete_file(const std::string& path, const std::string& uri,
                                        const std::map<std::string, PositionsPtr>& deletes);

/// False if the bounds in the manifest show that no row of this data file is in the delete file.
bool may_delete_from(const ManifestEntry& delete_file, const std::string& data_file_path);

}  // namespace millpond::pond
