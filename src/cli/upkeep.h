#pragma once
// What a build leaves in order behind it.

#include <cstdint>
#include <string>
#include <vector>

#include "millpond/flow/build.h"
#include "millpond/pond/pond.h"

namespace millpond::cli {

struct Compacted {
  std::string table;
  std::int64_t files_before = 0, files_after = 0;
};

/// Compacts the tables that a build changed and that have many small files by now, or many deleted rows; their indexes
/// follow at once, so that no search waits for them. Gives way to other writers: what it could not do, the next build
/// will.
Result<std::vector<Compacted>> compact_where_needed(const pond::Pond& pond, const flow::Plan& plan,
                                                    const flow::BuildReport& report, Context& context);

}  // namespace millpond::cli
