#pragma once
// Equality deletes, as streaming writers leave them: rows whose columns have the values that the delete file lists.
//
// Source: Iceberg spec, "Equality Delete Files", "Scan Planning". millpond reads them and never writes them.

#include <set>
#include <string_view>
#include <vector>

#include "pond/live_files.h"

namespace millpond::pond {

/// The positions that they delete, by data file, for the files in `paths` (all if it is null). A delete concerns data
/// that is older than itself and in its partition (any, if its spec has no fields).
Result<DeletesByFile> equality_deleted(PondState& pond, const TableMetadata& table, const std::vector<LiveEntry>& data,
                                       const std::vector<LiveEntry>& equality, const std::set<std::string_view>* paths);

}  // namespace millpond::pond
