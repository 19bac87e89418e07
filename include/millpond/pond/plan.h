#pragma once
// Which files of a snapshot a filter leaves.

#include <cstdint>
#include <optional>
#include <vector>

#include "millpond/pond/filter.h"
#include "millpond/pond/table.h"
#include "millpond/status.h"

namespace millpond::pond {

struct PlanOptions {
  std::optional<std::int64_t> snapshot;  ///< none: the current one
  int threads = 0;                       ///< 0: as many as the context has
};

/// The files, and what was looked at to find them.
struct FilePlan {
  std::vector<LiveFile> files;  ///< in the order of their commits
  std::int64_t manifests = 0, manifests_read = 0;
  std::int64_t files_in_manifests = 0;  ///< of the snapshot, as its manifest list counts them
};

/// The files that may hold rows for which a filter is true; rows must still be tested. Manifests whose partitions say
/// that they hold none are not read, and of the others only what the filter looks at is decoded: memory follows what is
/// found. Errors: kInvalidArgument for a filter that does not fit the schema.
Result<FilePlan> plan_files(const Table& table, const Filter& filter, const PlanOptions& options, Context& context);

}  // namespace millpond::pond
