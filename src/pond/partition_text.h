#pragma once
// Partitions as people write them: "day(time), bucket(16, id), country".

#include <string>
#include <string_view>
#include <vector>

#include "pond/partition.h"

namespace millpond::pond {

/// The property that says so when a table is made; it is no property of the table afterwards.
inline constexpr const char* kPartitionByKey = "partition-by";

/// Columns are at the top level. There are year, month, day, hour, bucket(N, column), truncate(N, column), and a bare
/// column. Field ids begin at 1000. Errors: kInvalidArgument with what was not understood.
Result<PartitionSpec> parse_partition_text(std::string_view text, const std::vector<IcebergField>& fields);

/// As metadata keeps it.
std::string to_json(const PartitionSpec& spec);

}  // namespace millpond::pond
