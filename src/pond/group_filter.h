#pragma once
// Which row groups of a file a filter leaves.

#include <vector>

#include "pond/filter_bounds.h"
#include "pond/iceberg_schema.h"

namespace parquet {
class FileMetaData;
}

namespace millpond::pond {

/// False if the statistics in the footer say that no row of the group is wanted. Columns are known by their ids, or, in
/// files without ids, by the names of `fields`, the table's; what has no statistics of a kind that is understood may
/// hold anything.
bool may_match_group(const BoundFilter& filter, const std::vector<IcebergField>& fields,
                     const parquet::FileMetaData& footer, int group);

}  // namespace millpond::pond
